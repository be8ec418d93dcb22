"""Studies, once both arms have been measured: at the end of the tuned arm's test, while the model is on its device."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from lightning.pytorch import Trainer

from cotfaith.analysis.gates import Gates
from cotfaith.callbacks.measurement import Measurement, Setting
from cotfaith.callbacks.records import gather
from cotfaith.engine.evaluation import Evaluation
from cotfaith.engine.meter import added
from cotfaith.metrics.rollouts import chance_accuracy
from cotfaith.store import RunStore
from cotfaith.studies.study import Study
from cotfaith.training.module import SFTModule
from cotfaith.types import Arm, Rollout

log = logging.getLogger(__name__)


class Studying(Measurement):
    """Keeps what the arms wrote in their tests, then asks every study; where only one arm is tested there are none.

    Beside its scores stands their ``cost``: tokens, forwards and seconds by phase, added up over processes as in `callbacks.costs`.
    """

    def __init__(self, studies: Sequence[Study[Any]], gates: Gates, store: RunStore) -> None:
        self.studies = tuple(studies)
        self.gates = gates
        self.store = store
        self.current: list[Rollout] = []
        self.base: dict[str, list[Rollout]] = {}  # by dataset

    def begin(self, module: SFTModule) -> None:
        self.current = []

    def add(self, evaluation: Evaluation, module: SFTModule) -> None:
        self.current += evaluation.rollouts

    def end(self, trainer: Trainer, module: SFTModule, setting: Setting) -> None:
        if setting.split == "test" and setting.arm == "base":
            self.base[setting.dataset] = self.current
        if setting.split == "test" and setting.arm == "tuned" and setting.dataset in self.base:
            both: dict[Arm, list[Rollout]] = {"base": self.base.pop(setting.dataset), "tuned": self.current}
            for study in self.studies:
                self._study(study, both, trainer, module, setting)

    def _study(self, study: Study[Any], both: Mapping[Arm, Sequence[Rollout]], trainer: Trainer, module: SFTModule, setting: Setting) -> None:
        start = time.perf_counter()
        examples = setting.examples[: study.limit]
        chosen = {example.uid for example in examples}
        asked = {arm: [rollout for rollout in rollouts if rollout.example.uid in chosen] for arm, rollouts in both.items()}
        with module.asking() as interview, interview.asking():
            interview.spent()  # forgets what the tests and other studies have cost
            own = study.ask(interview.reasoner, asked)
            spent = interview.spent()
        records = {study.key(record): record for record in gather(own)}
        cost = {f"{phase}_{unit}": number for phase, each in added(*gather([spent])).items() for unit, number in asdict(each).items()}
        scores = study.score(list(records.values()), self.gates, chance_accuracy(examples)) | {"cost": cost}
        log.info("%s on %s: %d examples, %.1f s", study.name, setting.dataset, len(examples), time.perf_counter() - start)
        numbers = {"/".join(("study", study.name, f"{setting.prefix}{name}")): value for name, value in flattened(scores)}
        module.log_dict(numbers)
        if trainer.is_global_zero:
            self.store.put_study(study.name, setting.dataset, scores, study.kind, list(records.values()))


def flattened(scores: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    """The numbers among scores, the path to each behind slashes, reasons as their count, no words.

    >>> dict(flattened({"cells": {"base": {"aoc": 0.5, "gates": ["few"]}}, "sentence": "It holds."}))
    {'cells/base/aoc': 0.5, 'cells/base/gates': 1.0}
    """
    for name, value in scores.items():
        if isinstance(value, Mapping):
            yield from ((f"{name}/{inner}", number) for inner, number in flattened(value))
        elif isinstance(value, list):
            yield name, float(len(value))
        elif not isinstance(value, str):
            yield name, math.nan if value is None else float(value)
