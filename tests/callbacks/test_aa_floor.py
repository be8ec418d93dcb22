from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import torch

from cotfaith.callbacks.aa_floor import AAFloor
from cotfaith.callbacks.measurement import Setting
from cotfaith.engine.evaluation import AGAIN, DIRECT, Evaluation
from cotfaith.store import RunStore
from cotfaith.types import Reading


class Module:
    """Keeps what is logged."""

    device = torch.device("cpu")

    def __init__(self) -> None:
        self.logged: dict[str, float] = {}

    def log_dict(self, scores: dict[str, float]) -> None:
        self.logged |= scores


class Leader:
    is_global_zero = True


def reading(uid: str, probe: str, alpha: float, answer: str | None) -> Reading:
    return Reading(uid, probe, alpha, 0, 0, (), answer, "parsed", "", "")


def floor(folder: Path, *batches: list[Reading], split: Any = "test") -> tuple[Module, RunStore]:
    callback, module, store = AAFloor(RunStore(folder)), Module(), RunStore(folder)
    callback.begin(module)  # type: ignore[arg-type]
    for readings in batches:
        callback.add(Evaluation([], readings, {}), module)  # type: ignore[arg-type]
    callback.end(Leader(), module, Setting(split, "tuned", "recall", 3, ()))  # type: ignore[arg-type]
    return module, store


def test_the_share_of_second_readings_that_differ_is_logged_and_kept(tmp_path: Path) -> None:
    first = [reading("a", "filler", 1, "7"), reading("a", AGAIN, 1, "7"), reading("b", "filler", 1, "3"), reading("b", AGAIN, 1, "4")]
    second = [reading("c", "filler", 1, None), reading("c", AGAIN, 1, None), reading("d", "filler", 1, "1"), reading("d", AGAIN, 1, "1")]
    module, store = floor(tmp_path, first, second)
    assert store.metrics()["tuned"]["recall"]["aa_floor"] == {"share": 1 / 4, "n": 4}
    assert module.logged == {"test/aa_floor/share": 1 / 4, "test/aa_floor/n": 4.0}


def test_only_the_intact_chain_counts_as_the_first_reading(tmp_path: Path) -> None:
    readings = [reading("a", DIRECT, 1, "9"), reading("a", "filler", 0, "8"), reading("a", "filler", 1, "7"), reading("a", AGAIN, 1, "7")]
    assert floor(tmp_path, readings)[1].metrics()["tuned"]["recall"]["aa_floor"] == {"share": 0.0, "n": 1}


def test_where_nothing_was_read_twice_there_is_no_number(tmp_path: Path) -> None:
    module, store = floor(tmp_path, [reading("a", DIRECT, 1, "9")])
    assert math.isnan(module.logged["test/aa_floor/share"])
    assert store.metrics()["tuned"]["recall"]["aa_floor"] == {"share": None, "n": 0}


def test_a_validation_has_no_floor(tmp_path: Path) -> None:
    module, store = floor(tmp_path, [reading("a", "filler", 1, "7")], split="val")
    assert (module.logged, store.validations()) == ({}, [])
