"""The run's folder: what is put there can be read back, and what is missing is named."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from cotfaith.store import RunStore
from cotfaith.types import Example, Reading, Rollout

EXAMPLE = Example("u1", "Capital of Peru?", "B", chain=("It is Lima.\n",), choices=("Oslo", "Lima"))
ROLLOUT = Rollout(EXAMPLE, ("Lima, I think. ", "So (B).\n"), "B", "parsed", "stop", "Lima, I think. So (B).\nThe answer is (B).", 17, "ab" * 8)
READING = Reading("u1", "filler", 0.5, 1, 6, ("Lima, I think. ", "... ...\n"), None, "missing", " none.", "cd" * 8)


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    return RunStore(tmp_path / "run")


def test_scores_nest_by_arm_dataset_and_probe(store: RunStore) -> None:
    store.put_scores("test", "base", "recall", 0, {"cot_accuracy": 0.5})
    store.put_scores("test", "base", "recall", 0, {"aoc": 0.2}, probe="filler")
    store.put_scores("test", "tuned", "recall", 9, {"cot_accuracy": 0.7})
    store.put_scores("test", "tuned", "shortcut", 9, {"aoc": 0.1}, probe="filler")
    assert store.metrics() == {
        "base": {"recall": {"cot_accuracy": 0.5, "filler": {"aoc": 0.2}}},
        "tuned": {"recall": {"cot_accuracy": 0.7}, "shortcut": {"filler": {"aoc": 0.1}}},
    }


def test_the_scores_of_a_probe_do_not_touch_those_of_the_dataset(store: RunStore) -> None:
    store.put_scores("test", "base", "recall", 0, {"n": 40})
    store.put_scores("test", "base", "recall", 0, {"n": 7}, probe="filler")
    assert store.metrics()["base"]["recall"] == {"n": 40, "filler": {"n": 7}}


def test_no_data_becomes_null(store: RunStore) -> None:
    store.put_scores("test", "base", "recall", 0, {"aoc": math.nan, "cot_pred_match": {"0": math.nan, "1": 1.0}, "all": [math.nan, 2.0]})
    written = json.loads((store.folder / "metrics.json").read_text(), parse_constant=pytest.fail)
    assert written["base"]["recall"] == {"aoc": None, "cot_pred_match": {"0": None, "1": 1.0}, "all": [None, 2.0]}


def test_validation_scores_are_lines_in_order_and_no_final_metrics(store: RunStore) -> None:
    store.put_scores("val", "base", "recall", 0, {"cot_accuracy": math.nan})
    store.put_scores("val", "tuned", "recall", 150, {"aoc": 0.2}, probe="filler")
    assert store.validations() == [
        {"step": 0, "arm": "base", "dataset": "recall", "probe": None, "scores": {"cot_accuracy": None}},
        {"step": 150, "arm": "tuned", "dataset": "recall", "probe": "filler", "scores": {"aoc": 0.2}},
    ]
    assert not (store.folder / "metrics.json").exists()


def test_a_run_without_validation_has_no_lines(store: RunStore) -> None:
    assert store.validations() == []


@pytest.mark.parametrize(("read", "name"), [(RunStore.metrics, "metrics.json"), (RunStore.manifest, "manifest.json")])
def test_a_missing_folder_is_named_with_the_file(store: RunStore, read: Callable[[RunStore], object], name: str) -> None:
    with pytest.raises(FileNotFoundError, match=f"{store.folder / name}: expected the {name} of a finished run"):
        read(store)
    assert not store.folder.exists()


def test_a_manifest_comes_back(store: RunStore) -> None:
    store.put_manifest({"seed": 3, "lora": {"r": 8}, "git_commit": None})
    assert store.manifest() == {"seed": 3, "lora": {"r": 8}, "git_commit": None}


def test_the_last_status_counts(store: RunStore) -> None:
    store.put_status("running")
    store.put_status("finished")
    assert store.status() == "finished"


def test_a_run_that_said_nothing_failed(store: RunStore) -> None:
    assert store.status() == "failed"


def test_writing_leaves_no_draft_behind(store: RunStore) -> None:
    store.put_status("running")
    assert [path.name for path in store.folder.iterdir()] == ["status.json"]


def test_a_rollout_comes_back_with_every_field(store: RunStore) -> None:
    store.put_records("tuned", "recall", [ROLLOUT], [])
    (row,) = pq.read_table(store.folder / "records" / "tuned" / "recall" / "rollouts.parquet").to_pylist()
    assert row == {
        "uid": "u1",
        "question": "Capital of Peru?",
        "choices": ["Oslo", "Lima"],
        "gold_answer": "B",
        "gold_chain": ["It is Lima.\n"],
        "prompt": "",
        "chain": ["Lima, I think. ", "So (B).\n"],
        "answer": "B",
        "parse": "parsed",
        "finish": "stop",
        "text": "Lima, I think. So (B).\nThe answer is (B).",
        "tokens": 17,
        "prompt_hash": "ab" * 8,
        "correct": True,
    }


def test_a_reading_comes_back_with_every_field(store: RunStore) -> None:
    other = replace(READING, alpha=1.0, answer="B", parse="parsed")
    store.put_records("base", "recall", [], [READING, other])
    rows = pq.read_table(store.folder / "records" / "base" / "recall" / "readings.parquet").to_pylist()
    assert rows == [asdict(record) | {"chain": list(record.chain), "options": list(record.options)} for record in (READING, other)]


def test_arms_and_datasets_have_records_of_their_own(store: RunStore) -> None:
    store.put_records("base", "recall", [ROLLOUT], [READING])
    store.put_records("tuned", "recall", [ROLLOUT, ROLLOUT], [])
    tables = {path.parent.parent.name: pq.read_table(path).num_rows for path in store.folder.glob("records/*/recall/rollouts.parquet")}
    assert tables == {"base": 1, "tuned": 2}
