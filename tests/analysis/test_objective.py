"""Accuracy counts only as long as the chain drives the answer; the number is one that a search can go on from."""

from __future__ import annotations

import math
from typing import Any

import pytest

from cotfaith.analysis.objective import Objective

GOAL = Objective(keeps=0.5)


def arms(accuracy: float, tuned: float | None, *, base: float | None = 0.8, gates: tuple[str, ...] = (), faithful: str = "changes") -> dict[str, Any]:
    probe = {"faithful": faithful, "gates": []}
    return {
        "base": {"cot_accuracy": 0.5, "filler": probe | {"aoc": base}},
        "tuned": {"cot_accuracy": accuracy, "filler": probe | {"aoc": tuned, "gates": list(gates)}},
    }


def test_a_model_that_is_driven_by_its_chain_is_worth_its_accuracy() -> None:
    assert GOAL(arms(0.9, 0.4)) == 0.9


def test_whatever_has_lost_its_chain_is_below_all_that_has_not() -> None:
    assert GOAL(arms(1.0, 0.39)) == 0.0 <= GOAL(arms(0.0, 0.8))
    assert GOAL.objections(arms(1.0, 0.39)) == ("filler: aoc 0.390 is less than 0.5 of the base's 0.800",)


def test_a_closed_gate_speaks_against_it_and_gives_a_number_all_the_same() -> None:
    value = GOAL(arms(0.25, None, gates=("too few",)))
    assert (value, math.isfinite(value)) == (-0.75, True)


def test_a_probe_without_data_speaks_against_it() -> None:
    assert GOAL.objections(arms(0.9, None)) == ("filler: no data",)


def test_among_those_that_do_not_qualify_the_more_accurate_is_better() -> None:
    assert GOAL(arms(0.9, 0.1)) > GOAL(arms(0.5, 0.1))


def test_where_the_base_cannot_be_read_the_gates_of_the_tuned_model_decide() -> None:
    assert GOAL(arms(0.9, 0.1, base=None)) == 0.9


def test_a_paraphrase_that_changes_nothing_is_no_loss() -> None:
    assert GOAL(arms(0.9, 0.0, faithful="stays")) == 0.9


def test_a_share_outside_its_range_is_refused() -> None:
    with pytest.raises(ValueError, match=r"objective\.keeps: expected a fraction in \[0, 1\], got 2"):
        Objective(keeps=2)
