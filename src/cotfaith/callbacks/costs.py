"""What measuring costs: tokens, forwards and seconds of writing chains, of reading them and of scoring answers."""

from __future__ import annotations

import torch
from lightning.pytorch import Trainer
from torchmetrics import MeanMetric, SumMetric

from cotfaith.callbacks.measurement import Measurement, Setting
from cotfaith.engine.evaluation import Evaluation
from cotfaith.store import RunStore
from cotfaith.training.module import SFTModule

_PHASES = ("write", "read", "score")
_UNITS = ("tokens", "forwards", "seconds")


class Costs(Measurement):
    """Adds up over the batches, and over processes: their seconds too, which then are those of all devices together.

    shared: fraction in [0, 1] of the examples whose records another run had made; what that cost it is counted here all the same.
    """

    def __init__(self, store: RunStore) -> None:
        self.store = store
        self.sums = {f"{phase}_{unit}": SumMetric().set_dtype(torch.float64) for phase in _PHASES for unit in _UNITS}
        self.shared = MeanMetric().set_dtype(torch.float64)

    def begin(self, module: SFTModule) -> None:
        for metric in (*self.sums.values(), self.shared):
            metric.to(module.device).reset()

    def add(self, evaluation: Evaluation, module: SFTModule) -> None:
        self.shared.update(float(evaluation.shared), weight=len(evaluation.rollouts))
        for phase in _PHASES:
            for unit in _UNITS:
                if phase in evaluation.costs:
                    self.sums[f"{phase}_{unit}"].update(getattr(evaluation.costs[phase], unit))

    def end(self, trainer: Trainer, module: SFTModule, setting: Setting) -> None:
        cost = {name: metric.compute().item() for name, metric in (*self.sums.items(), ("shared", self.shared))}
        module.log_dict({setting.key(name, "cost"): value for name, value in cost.items()})
        if trainer.is_global_zero:
            self.store.put_scores(setting.split, setting.arm, setting.dataset, setting.step, {"cost": cost})
