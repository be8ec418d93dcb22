from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import bootstrap, norm

from cotfaith.analysis.bootstrap import bootstrap_interval


def interval(differences: np.ndarray) -> tuple[float, float]:
    return bootstrap_interval(differences, np.random.default_rng(0), confidence=0.95)


def test_it_is_scipys_percentile_interval_with_two_examples_more() -> None:
    differences = np.random.default_rng(1).choice([-0.5, 0.0, 0.25, 1.0], 60)
    more = np.append(differences, (-1, 1))
    theirs = bootstrap((more,), np.mean, n_resamples=20_000, method="percentile", rng=np.random.default_rng(2)).confidence_interval
    assert interval(differences) == pytest.approx((theirs.low, theirs.high), abs=0.01)


def test_of_yes_or_no_it_is_the_interval_of_bonett_and_price() -> None:
    gained, lost, n = 30, 10, 150
    p, q = (gained + 1) / (n + 2), (lost + 1) / (n + 2)
    half = norm.ppf(0.975) * np.sqrt((p + q - (p - q) ** 2) / (n + 2))
    differences = np.repeat([1.0, -1.0, 0.0], [gained, lost, n - gained - lost])
    assert interval(differences) == pytest.approx((p - q - half, p - q + half), abs=1.5 / (n + 2))  # means move in steps of 1 / (n + 2)


def test_where_nothing_differs_it_still_has_a_width_that_falls_with_n() -> None:
    few, many = interval(np.zeros(30)), interval(np.zeros(300))
    assert few[0] < many[0] < 0 < many[1] < few[1]


@pytest.mark.parametrize("size", [1.0, -1.0, 0.7])
def test_it_holds_the_difference_that_was_seen_also_at_the_ends(size: float) -> None:
    low, high = interval(np.full(40, size))
    assert low <= size <= high


def test_the_same_numbers_have_the_same_interval() -> None:
    differences = np.array([0.5, 0.0, -0.25, 1.0])
    assert interval(differences) == interval(differences)


def test_without_bounds_no_example_is_added() -> None:
    differences = np.random.default_rng(1).normal(20, 5, 60)
    theirs = bootstrap((differences,), np.mean, n_resamples=20_000, method="percentile", rng=np.random.default_rng(2)).confidence_interval
    found = bootstrap_interval(differences, np.random.default_rng(0), confidence=0.95, ends=None)
    assert found == pytest.approx((theirs.low, theirs.high), abs=0.1)
