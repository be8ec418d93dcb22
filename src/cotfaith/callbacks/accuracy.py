"""Accuracy with a chain and without, at every validation and test."""

from __future__ import annotations

from typing import Any

import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from torch import Tensor
from torchmetrics import MeanMetric

from cotfaith.callbacks.keys import key, split_of
from cotfaith.engine.evaluation import DIRECT, Evaluation
from cotfaith.metrics.rollouts import FACTS, CotAccuracy, chance_accuracy
from cotfaith.store import RunStore
from cotfaith.text.repetition import is_degenerate
from cotfaith.types import Rollout


class Accuracy(Callback):
    """Scores cot_accuracy, direct_accuracy and their difference cot_lift, and the health of the chains."""

    def __init__(self, store: RunStore) -> None:
        self.store = store
        self.cot = CotAccuracy()
        self.direct = MeanMetric()

    def on_validation_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self.cot.to(pl_module.device).reset()
        self.direct.to(pl_module.device).reset()

    def on_validation_batch_end(self, trainer: Trainer, pl_module: LightningModule, outputs: Any, *_: Any) -> None:
        evaluation: Evaluation = outputs["evaluation"]
        self.cot.update(rollout_facts(evaluation.rollouts).to(pl_module.device))
        gold = {rollout.example.uid: rollout.example.answer for rollout in evaluation.rollouts}
        self.direct.update(torch.tensor([r.answer == gold[r.uid] for r in evaluation.readings if r.probe == DIRECT]).double())

    def on_validation_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        split, arm = split_of(trainer), pl_module.arm
        data = trainer.datamodule  # type: ignore[attr-defined]  # set by trainer.fit and friends
        scores = {name: value.item() for name, value in self.cot.compute().items()}
        scores["direct_accuracy"] = self.direct.compute().item()
        scores["cot_lift"] = scores["cot_accuracy"] - scores["direct_accuracy"]
        scores["chance"] = chance_accuracy(data.examples(split))
        pl_module.log_dict({key(split, name, arm=arm): float(value) for name, value in scores.items()})
        if trainer.is_global_zero:
            self.store.put_scores(split, arm, data.dataset.name, trainer.global_step, scores)

    on_test_epoch_start = on_validation_epoch_start
    on_test_batch_end = on_validation_batch_end
    on_test_epoch_end = on_validation_epoch_end


def rollout_facts(rollouts: list[Rollout]) -> Tensor:
    """What `CotAccuracy` counts: (B, len(FACTS)) float64."""
    columns = {
        "correct": [r.correct for r in rollouts],
        "parsed": [r.answer is not None for r in rollouts],
        "truncated": [r.finish == "length" for r in rollouts],
        "multi_step": [len(r.chain) >= 2 for r in rollouts],
        "degenerate": [is_degenerate("".join(r.chain)) for r in rollouts],
        "steps": [len(r.chain) for r in rollouts],
        "tokens": [r.tokens for r in rollouts],
    }
    return torch.tensor([columns[name] for name in FACTS], dtype=torch.float64).T
