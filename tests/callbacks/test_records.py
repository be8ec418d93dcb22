from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from cotfaith.callbacks import records
from cotfaith.callbacks.measurement import Setting
from cotfaith.engine.evaluation import Evaluation
from cotfaith.store import RunStore
from cotfaith.types import Example, Reading, Rollout

ROLLOUTS = [Rollout(Example(uid, "?", "1"), ("so ",), "1", "parsed", "stop", "", 5, "") for uid in ("a", "b")]
READINGS = [Reading(uid, "filler", 0.0, 0, 0, (), "1", "parsed", "", "") for uid in ("a", "b")]


class Leader:
    is_global_zero = True


def kept(folder: Path, setting: Setting) -> records.Records:
    callback, nothing = records.Records(RunStore(folder)), Any
    callback.begin(nothing)  # type: ignore[arg-type]
    callback.add(Evaluation(ROLLOUTS, READINGS, {}), nothing)  # type: ignore[arg-type]
    callback.end(Leader(), nothing, setting)  # type: ignore[arg-type]
    return callback


def test_what_a_distributed_sampler_repeats_is_written_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records.dist, "is_initialized", lambda: True)
    monkeypatch.setattr(records.dist, "get_world_size", lambda: 2)
    monkeypatch.setattr(records.dist, "all_gather_object", lambda parts, own: parts.__setitem__(slice(None), [own, own]))
    kept(tmp_path, Setting("test", "base", "arithmetic", 0, ()))
    folder = tmp_path / "records" / "base" / "arithmetic"
    assert pq.read_table(folder / "rollouts.parquet")["uid"].to_pylist() == ["a", "b"]
    assert pq.read_table(folder / "readings.parquet")["uid"].to_pylist() == ["a", "b"]


def test_validation_leaves_no_records(tmp_path: Path) -> None:
    kept(tmp_path, Setting("val", "tuned", "arithmetic", 5, ()))
    assert not (tmp_path / "records").exists()


def test_an_epoch_starts_with_nothing_of_the_last(tmp_path: Path) -> None:
    callback = kept(tmp_path, dataclasses.replace(Setting("test", "base", "arithmetic", 0, ()), arm="tuned"))
    callback.begin(Any)  # type: ignore[arg-type]
    assert callback.rollouts == callback.readings == []
