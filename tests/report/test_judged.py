"""A run is chosen by its last validation, and by the test only where there was none."""

from __future__ import annotations

from pathlib import Path

from cotfaith.report.judged import judged
from cotfaith.store import RunStore


def validated(folder: Path) -> RunStore:
    store = RunStore(folder)
    store.put_scores("val", "base", "recall", 0, {"cot_accuracy": 0.1})
    for step, accuracy in ((2, 0.9), (4, 0.5)):
        store.put_scores("val", "tuned", "recall", step, {"cot_accuracy": accuracy})
        store.put_scores("val", "tuned", "recall", step, {"aoc": accuracy / 2}, probe="filler")
    for arm in ("base", "tuned"):
        store.put_scores("test", arm, "recall", 4, {"cot_accuracy": 1.0})  # type: ignore[arg-type]  # they are arms
    return store


def test_it_is_the_last_validation_with_its_probes(tmp_path: Path) -> None:
    split, arms = judged(validated(tmp_path), "recall")
    assert (split, arms["base"]) == ("val", {"cot_accuracy": 0.1})
    assert arms["tuned"] == {"cot_accuracy": 0.5, "filler": {"aoc": 0.25}}


def test_a_run_that_was_not_validated_is_judged_by_its_test(tmp_path: Path) -> None:
    store = validated(tmp_path)
    (tmp_path / "validation.jsonl").unlink()
    assert judged(store, "recall") == ("test", {"base": {"cot_accuracy": 1.0}, "tuned": {"cot_accuracy": 1.0}})
