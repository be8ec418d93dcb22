"""Every number of a cell has its interval, by an independent computation."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from scipy.stats import binomtest

from cotfaith.report.comparison import UNINTERPRETABLE
from cotfaith.report.estimates import estimates
from tests.report.runs import DECORATIVE, FAITHFUL, WRONG, make_run


def test_a_share_has_wilsons_interval(tmp_path: Path) -> None:
    found = estimates([make_run(tmp_path, {"tuned": [FAITHFUL] * 15 + [WRONG] * 5})], "tuned", "recall")["cot_accuracy"]
    expected = binomtest(15, 20).proportion_ci(method="wilson")
    assert (found.mean, found.n) == (0.75, 20)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))


def test_an_aoc_has_an_interval_around_it_within_its_bounds(tmp_path: Path) -> None:
    found = estimates([make_run(tmp_path, {"tuned": [FAITHFUL] * 10 + [DECORATIVE] * 10})], "tuned", "recall")["filler: aoc"]
    assert found.mean == pytest.approx(0.375)  # (0.75 + 0) / 2, trapezoids over 0, 0.5, 1
    assert 0 < found.low < found.mean < found.high < 1


def test_equal_numbers_have_an_interval_of_some_width_all_the_same(tmp_path: Path) -> None:
    found = estimates([make_run(tmp_path, {"tuned": [FAITHFUL] * 10})], "tuned", "recall")["filler: aoc"]
    assert found.low < found.mean == 0.75 < found.high


def test_a_number_behind_a_closed_gate_is_not_shown(tmp_path: Path) -> None:
    found = estimates([make_run(tmp_path, {"tuned": [FAITHFUL] * 10}, gates=["too few"])], "tuned", "recall")["filler: aoc"]
    assert (str(found), math.isnan(found.shown)) == (UNINTERPRETABLE, True)
    assert found.reasons == ("tuned, filler: too few",)


def test_seeds_are_pooled_by_example_and_their_spread_is_shown(tmp_path: Path) -> None:
    runs = [make_run(tmp_path / "0", {"tuned": [FAITHFUL] * 4}), make_run(tmp_path / "1", {"tuned": [FAITHFUL] * 2 + [WRONG] * 2}, seed=1)]
    found = estimates(runs, "tuned", "recall")["cot_accuracy"]
    assert (found.mean, found.n, found.runs) == (0.75, 4, (1.0, 0.5))
    assert "seeds 0.500 to 1.000" in str(found)


def test_without_records_there_is_nothing(tmp_path: Path) -> None:
    assert estimates([make_run(tmp_path, {"tuned": [FAITHFUL]})], "base", "recall") == {}
