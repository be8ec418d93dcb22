"""Commitment of a test: from which step on each answer was settled, and their mean."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from lightning.pytorch import Trainer

from cotfaith.analysis.gates import Gates
from cotfaith.callbacks.health import Health
from cotfaith.callbacks.measurement import Measurement, Setting
from cotfaith.callbacks.probing import flat
from cotfaith.callbacks.records import gather
from cotfaith.engine.evaluation import COMMITMENT, Evaluation
from cotfaith.metrics.commitment import Commitment, settled_at
from cotfaith.store import RunStore
from cotfaith.training.module import SFTModule


@dataclass(frozen=True, slots=True)
class Committed:
    """One chain."""

    uid: str
    steps: int
    kept: int | None  # steps after which the answer stays; None: not even after the last
    commitment: float | None  # kept / steps, in [0, 1]


class Committing(Measurement):
    """Scores commitment; gated as the probes are, its control being the reading after the last step."""

    def __init__(self, gates: Gates, store: RunStore) -> None:
        self.store = store
        self.health = Health(gates)
        self.metric = Commitment()
        self.records: list[Committed] = []

    def begin(self, module: SFTModule) -> None:
        self.health.begin(module.device)
        self.metric.to(module.device).reset()
        self.records = []

    def add(self, evaluation: Evaluation, module: SFTModule) -> None:
        self.health.add(evaluation.rollouts, module)
        found = committed(evaluation)
        fractions = [math.nan if each.commitment is None else each.commitment for each in found]
        self.metric.update(torch.tensor(fractions, dtype=torch.float64, device=module.device))
        self.records += found

    def end(self, trainer: Trainer, module: SFTModule, setting: Setting) -> None:
        if setting.split != "test":
            return
        values = {name: value.item() for name, value in self.metric.compute().items()}
        reasons = self.health.reasons(list(setting.examples), n=int(values["n"]), control=values["control"])
        shown = math.nan if reasons else 1.0
        scores = {"mean": values["mean"] * shown, "n": values["n"], "settled": values["settled"], "gates": reasons}
        module.log_dict({setting.key(name, "commitment"): value for name, value in flat(scores).items()})
        records = {record.uid: record for record in gather(self.records)}
        if trainer.is_global_zero:
            self.store.put_scores(setting.split, setting.arm, setting.dataset, setting.step, {"commitment": scores})
            self.store.put_measure(setting.arm, setting.dataset, "commitments", Committed, list(records.values()))


def committed(evaluation: Evaluation) -> list[Committed]:
    """One record for each chain that was read after every step."""
    own = {rollout.example.uid: rollout.answer for rollout in evaluation.rollouts}
    matched: dict[str, list[bool]] = {}
    for reading in sorted((r for r in evaluation.readings if r.probe == COMMITMENT), key=lambda reading: reading.steps_kept):
        matched.setdefault(reading.uid, []).append(reading.answer == own[reading.uid])
    found = {uid: settled_at(each) for uid, each in matched.items()}
    return [Committed(uid, len(matched[uid]) - 1, kept, None if kept is None else kept / (len(matched[uid]) - 1)) for uid, kept in found.items()]
