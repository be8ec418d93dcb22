"""Trained on against evaluated on: a cell for every model and dataset."""

from __future__ import annotations

from typing import Any

from cotfaith.report.comparison import UNINTERPRETABLE
from cotfaith.report.matrix import Model, matrix, of_run


def scores(accuracy: float, aoc: float | None, *gates: str) -> dict[str, Any]:
    return {"cot_accuracy": accuracy, "filler": {"aoc": aoc, "cot_pred_match": {}, "gates": list(gates)}}


BASE = {"arithmetic": scores(0.9, 0.8), "recall": scores(0.6, None, "too few")}


def test_a_row_has_one_cell_for_each_dataset() -> None:
    made = matrix([Model("(base)", BASE), Model("recall", {"recall": scores(1.0, 0.25)})])
    assert made.columns == ("metric", "trained on", "on arithmetic", "on recall")
    assert ("cot_accuracy", "(base)", "0.900", "0.600") in made.rows
    assert ("cot_accuracy", "recall", "-", "1.000") in made.rows


def test_a_gated_score_is_no_number_and_one_that_was_not_measured_is_a_dash() -> None:
    made = matrix([Model("(base)", BASE), Model("recall", {"recall": scores(1.0, 0.25)})])
    assert made.rows[-2:] == (("filler: aoc", "(base)", "0.800", UNINTERPRETABLE), ("filler: aoc", "recall", "-", "0.250"))


def test_a_run_has_a_row_for_the_base_and_one_for_what_was_trained() -> None:
    made = of_run({"base": BASE, "tuned": BASE}, "arithmetic")
    assert [row[1] for row in made.rows[:2]] == ["(base)", "arithmetic"]
