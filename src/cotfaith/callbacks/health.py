"""What the gates look at in any measure: the health of the chains it rests on."""

from __future__ import annotations

import math

import torch
from lightning.pytorch import LightningModule

from cotfaith.analysis.gates import Gates
from cotfaith.metrics.rollouts import CotAccuracy, chance_accuracy, rollout_facts
from cotfaith.types import Example, Rollout


class Health:
    """Collects over the batches of one measurement, and says why a number must not be shown."""

    def __init__(self, gates: Gates) -> None:
        self.gates = gates
        self.facts = CotAccuracy()

    def begin(self, device: torch.device) -> None:
        self.facts.to(device).reset()

    def add(self, rollouts: list[Rollout], module: LightningModule) -> None:
        self.facts.update(rollout_facts(rollouts).to(module.device))

    def reasons(self, examples: list[Example], *, n: int, control: float = math.nan) -> list[str]:
        """n: chains read. control: share of intact chains read as the own answer, in [0, 1]; NaN for a measure that has none."""
        found = {name: value.item() for name, value in self.facts.compute().items()}
        return list(self.gates.reasons(found, chance_accuracy(examples), control=control, n=n))
