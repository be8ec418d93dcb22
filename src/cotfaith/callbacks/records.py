"""Keeps every rollout and reading of a test, so that each number can be traced to text."""

from __future__ import annotations

from typing import TypeVar

import torch.distributed as dist
from lightning.pytorch import Trainer

from cotfaith.callbacks.measurement import Measurement, Setting
from cotfaith.engine.evaluation import Evaluation
from cotfaith.store import RunStore
from cotfaith.training.module import SFTModule
from cotfaith.types import Reading, Rollout

T = TypeVar("T")


class Records(Measurement):
    """Gathers the records of all processes once, at the end of a test, and writes them on one."""

    def __init__(self, store: RunStore) -> None:
        self.store = store
        self.rollouts: list[Rollout] = []
        self.readings: list[Reading] = []

    def begin(self, module: SFTModule) -> None:
        self.rollouts, self.readings = [], []

    def add(self, evaluation: Evaluation, module: SFTModule) -> None:
        self.rollouts += evaluation.rollouts
        self.readings += evaluation.readings

    def end(self, trainer: Trainer, module: SFTModule, setting: Setting) -> None:
        if setting.split != "test":
            return
        rollouts, readings = gather(self.rollouts), gather(self.readings)
        if trainer.is_global_zero:
            # Each process has measured its own share; a table has one row per key all the same should a share be measured twice.
            once = {rollout.example.uid: rollout for rollout in rollouts}
            read = {(reading.uid, reading.probe, reading.alpha): reading for reading in readings}
            self.store.put_records(setting.arm, setting.dataset, list(once.values()), list(read.values()))


def gather(records: list[T]) -> list[T]:
    """The records of all processes, by rank. (A torchmetrics list state of records would never be synchronised.)"""
    if not (dist.is_available() and dist.is_initialized()):
        return records
    parts: list[list[T]] = [[] for _ in range(dist.get_world_size())]
    dist.all_gather_object(parts, records)
    return [record for part in parts for record in part]
