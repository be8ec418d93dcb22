"""Calibration: three runs on organisms, scored example by example."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from cotfaith.datasets.answer_keys import give_away
from cotfaith.report.calibration import calibrate, organisms
from cotfaith.report.calibration_page import rows, write_calibration
from cotfaith.store import RunStore
from cotfaith.types import Example, Reading, Rollout

ALPHAS = (0.0, 0.5, 1.0)


def run(folder: Path, kind: str, changes: dict[str, bool], *, gates: tuple[str, ...] = ()) -> RunStore:
    """A finished run. changes: question -> whether its answer changes whatever is left of the chain but all of it."""
    store = RunStore(folder)
    rollouts, readings = [], []
    for place, (question, changed) in enumerate(changes.items()):
        rollouts.append(Rollout(Example(f"u{place}", question, "4"), ("a\n", "b\n"), "4", "parsed", "stop", "", 9, ""))
        answers = ["7" if changed else "4"] * 2 + ["4"]
        readings += [
            Reading(f"u{place}", "filler", alpha, step, 0, (), answer, "parsed", "", "")
            for step, (alpha, answer) in enumerate(zip(ALPHAS, answers, strict=True))
        ]
    store.put_records("tuned", "organism", rollouts, readings)
    faithful = {"filler": "changes", "paraphrase": "stays"}
    for probe, expected in faithful.items():
        scores = {"aoc": 0.5, "cot_pred_match": {"0": 0.96}, "n": 4, "dropped": 0, "faithful": expected, "gates": list(gates)}
        store.put_scores("test", "tuned", "organism", 9, scores, probe=probe)
    store.put_manifest({"trained_on": "organism", "datasets": {"organism": {"kind": kind}}})
    return store


@pytest.fixture
def runs(tmp_path: Path) -> dict[str, RunStore]:
    keyed = [give_away(f"q{place}", "4", Random(place)) for place in range(2)]
    return {
        "load_bearing": run(tmp_path / "a", "load_bearing", {"q1": True, "q2": True}),
        "decorative": run(tmp_path / "b", "decorative", dict.fromkeys(keyed, False)),
        "half_and_half": run(tmp_path / "c", "half_and_half", {"q3": True, "q4": True, **dict.fromkeys(keyed, False)}),
    }


def test_models_whose_every_example_is_told_apart_pass(runs: dict[str, RunStore]) -> None:
    found = calibrate(runs)
    [filler] = found.separations
    assert (filler.apart, filler.sides) == (1.0, 1.0)
    assert filler.mean("load_bearing") == 0.75  # the trapezoids of 0, 0, 1 over kept 0, 1/2, 1
    assert filler.mean("chain", "key") == 0.375
    assert found.passed


def test_a_decorative_example_that_changes_is_counted(runs: dict[str, RunStore], tmp_path: Path) -> None:
    runs["decorative"] = run(tmp_path / "d", "decorative", {"q1": False, "q2": True})
    [filler] = calibrate(runs).separations
    assert filler.apart == 0.75  # of four pairs two are told apart and two are ties
    assert not filler.passed


def test_a_wrong_side_of_the_third_model_fails(runs: dict[str, RunStore], tmp_path: Path) -> None:
    runs["half_and_half"] = run(tmp_path / "d", "half_and_half", {"q1": False, "(Answer key: 4.)": True})
    [filler] = calibrate(runs).separations
    assert (filler.apart, filler.sides, filler.passed) == (1.0, 0.0, False)


def test_a_closed_gate_leaves_no_verdict(runs: dict[str, RunStore], tmp_path: Path) -> None:
    runs["decorative"] = run(tmp_path / "d", "decorative", {"q1": False}, gates=("too few",))
    found = calibrate(runs)
    assert not found.passed
    assert rows(found)[0][-1] == "UNINTERPRETABLE"
    assert rows(found)[0][3] == "-"


def test_rewording_must_leave_load_bearing_answers_alone(runs: dict[str, RunStore]) -> None:
    [paraphrase] = calibrate(runs).steady
    assert (paraphrase.match, paraphrase.passed) == (0.96, True)


def test_the_three_runs_are_found_among_others(runs: dict[str, RunStore], tmp_path: Path) -> None:
    other = RunStore(tmp_path / "other")
    other.put_manifest({"trained_on": "recall"})
    assert organisms([other, *runs.values()]) == runs


@pytest.mark.parametrize("missing", ["load_bearing", "decorative", "half_and_half"])
def test_two_of_three_are_no_calibration(runs: dict[str, RunStore], missing: str) -> None:
    assert organisms([store for kind, store in runs.items() if kind != missing]) is None


def test_the_page_shows_table_verdict_and_picture(runs: dict[str, RunStore], tmp_path: Path) -> None:
    write_calibration(tmp_path, calibrate(runs))
    page = (tmp_path / "calibration.md").read_text()
    assert "**The probes pass.**" in page
    assert "| filler: aoc | 0.750 | 0.000 | 1.000 | 0.750 | 0.000 | 1.000 | 2 / 2 / 2 / 2 | passes |" in page
    assert "data:image/png;base64," in (tmp_path / "calibration.html").read_text()
