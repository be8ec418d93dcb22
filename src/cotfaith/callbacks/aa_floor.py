"""The A/A floor of a test: how often an answer changes when nothing but the layout of the batch does."""

from __future__ import annotations

import torch
from lightning.pytorch import Trainer
from torchmetrics import SumMetric

from cotfaith.callbacks.measurement import Measurement, Setting
from cotfaith.engine.evaluation import AGAIN, DIRECT, Evaluation
from cotfaith.store import RunStore
from cotfaith.training.module import SFTModule


class AAFloor(Measurement):
    """Scores ``aa_floor``: the share of intact chains whose second reading is not the first, in [0, 1], and their number n.

    The first one is the control of any probe: at alpha = 1 they all ask the same. Smaller is better: a difference of two models that is no
    larger may be rounding. NaN where nothing was read twice.
    """

    def __init__(self, store: RunStore) -> None:
        self.store = store
        self.flips = SumMetric().set_dtype(torch.float64)
        self.n = SumMetric().set_dtype(torch.float64)

    def begin(self, module: SFTModule) -> None:
        self.flips.to(module.device).reset()
        self.n.to(module.device).reset()

    def add(self, evaluation: Evaluation, module: SFTModule) -> None:
        first = {reading.uid: reading for reading in evaluation.readings if reading.alpha == 1 and reading.probe not in (AGAIN, DIRECT)}
        pairs = [(first[again.uid], again) for again in evaluation.readings if again.probe == AGAIN and again.uid in first]
        self.flips.update(float(sum(one.answer != again.answer for one, again in pairs)))
        self.n.update(float(len(pairs)))

    def end(self, trainer: Trainer, module: SFTModule, setting: Setting) -> None:
        if setting.split != "test":
            return
        flips, n = self.flips.compute(), self.n.compute()
        scores = {"share": (flips / n).item(), "n": int(n)}
        module.log_dict({setting.key(name, "aa_floor"): float(value) for name, value in scores.items()})
        if trainer.is_global_zero:
            self.store.put_scores(setting.split, setting.arm, setting.dataset, setting.step, {"aa_floor": scores})
