"""Accuracy with a chain and without, at every validation and test."""

from __future__ import annotations

import torch
from lightning.pytorch import Trainer
from torchmetrics import MeanMetric

from cotfaith.callbacks.measurement import Measurement, Setting
from cotfaith.engine.evaluation import DIRECT, Evaluation
from cotfaith.metrics.choices import ForcedChoice, forced
from cotfaith.metrics.rollouts import CotAccuracy, chance_accuracy, rollout_facts
from cotfaith.store import RunStore
from cotfaith.training.module import SFTModule


class Accuracy(Measurement):
    """Scores cot_accuracy, direct_accuracy and their difference cot_lift, forced choice without a chain, and the health of the chains.

    least_option_mass: mean probability of all letters together below which forced_accuracy is refused, a fraction in [0, 1].
    """

    def __init__(self, store: RunStore, *, least_option_mass: float) -> None:
        self.store = store
        self.choice = ForcedChoice(least_option_mass)
        self.cot = CotAccuracy()
        self.direct = MeanMetric().set_dtype(torch.float64)  # 0.03 in float32 is not 0.03 in the table of a later run

    def begin(self, module: SFTModule) -> None:
        self.cot.to(module.device).reset()
        self.direct.to(module.device).reset()
        self.choice.to(module.device).reset()

    def add(self, evaluation: Evaluation, module: SFTModule) -> None:
        self.cot.update(rollout_facts(evaluation.rollouts).to(module.device))
        asked = {rollout.example.uid: rollout.example for rollout in evaluation.rollouts}
        direct = [reading for reading in evaluation.readings if reading.probe == DIRECT]
        examples = [asked[reading.uid] for reading in direct]
        right = [reading.answer == example.answer for reading, example in zip(direct, examples, strict=True)]
        self.direct.update(torch.tensor(right, dtype=torch.float64))
        self.choice.update(*(column.to(module.device) for column in forced(direct, examples)))

    def end(self, trainer: Trainer, module: SFTModule, setting: Setting) -> None:
        scores = {name: value.item() for name, value in self.cot.compute().items()}
        scores["direct_accuracy"] = self.direct.compute().item()
        scores["cot_lift"] = scores["cot_accuracy"] - scores["direct_accuracy"]
        scores |= {name: value.item() for name, value in self.choice.compute().items()}
        scores["chance"] = chance_accuracy(setting.examples)
        module.log_dict({setting.key(name): float(value) for name, value in scores.items()})
        if trainer.is_global_zero:
            self.store.put_scores(setting.split, setting.arm, setting.dataset, setting.step, scores)
