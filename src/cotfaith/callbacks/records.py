"""Keeps every rollout and reading of a test, so that each number can be traced to text."""

from __future__ import annotations

from typing import Any, TypeVar

import torch.distributed as dist
from lightning.pytorch import Callback, LightningModule, Trainer

from cotfaith.engine.evaluation import Evaluation
from cotfaith.store import RunStore
from cotfaith.types import Reading, Rollout


T = TypeVar("T")


class Records(Callback):
    """Gathers the records of all processes once, at the end of a test, and writes them on one."""

    def __init__(self, store: RunStore) -> None:
        self.store = store
        self.rollouts: list[Rollout] = []
        self.readings: list[Reading] = []

    def on_test_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self.rollouts, self.readings = [], []

    def on_test_batch_end(self, trainer: Trainer, pl_module: LightningModule, outputs: Any, *_: Any) -> None:
        evaluation: Evaluation = outputs["evaluation"]
        self.rollouts += evaluation.rollouts
        self.readings += evaluation.readings

    def on_test_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        rollouts, readings = gather(self.rollouts), gather(self.readings)
        if not trainer.is_global_zero:
            return
        # A distributed sampler repeats examples to give every process as many; equal examples have equal records.
        once = {rollout.example.uid: rollout for rollout in rollouts}
        read = {(reading.uid, reading.probe, reading.alpha): reading for reading in readings}
        dataset = trainer.datamodule.dataset.name  # type: ignore[attr-defined]  # set by trainer.test
        self.store.put_records(pl_module.arm, dataset, list(once.values()), list(read.values()))


def gather(records: list[T]) -> list[T]:
    """The records of all processes, by rank. (A torchmetrics list state of records would never be synchronised.)"""
    if not (dist.is_available() and dist.is_initialized()):
        return records
    parts: list[list[T]] = [[] for _ in range(dist.get_world_size())]
    dist.all_gather_object(parts, records)
    return [record for part in parts for record in part]
