"""One comparison as a whole, by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from cotfaith.analysis.mcnemar import mcnemar
from cotfaith.analysis.paired import paired


def test_a_comparison_by_hand() -> None:
    first = np.array([1, 1, 0, 0, 0, 0, 0, 0, 1, 0], dtype=float)
    second = np.array([1, 0, 1, 1, 1, 1, 1, 1, 1, 0], dtype=float)
    found = paired(first, second, binary=True)
    assert (found.n, found.first, found.second, found.test) == (10, 0.3, 0.8, "McNemar")
    assert (found.change, found.p) == pytest.approx((0.5, mcnemar(6, 1)))


def test_an_example_that_one_side_has_no_number_for_is_left_out() -> None:
    found = paired(np.array([0.5, math.nan, 1.0]), np.array([1.0, 0.0, math.nan]), binary=False)
    assert (found.n, found.first, found.second) == (1, 0.5, 1.0)


def test_without_a_pair_there_is_no_data() -> None:
    found = paired(np.array([math.nan]), np.array([1.0]), binary=True)
    assert (found.n, math.isnan(found.p), math.isnan(found.change)) == (0, True, True)


def test_the_order_of_examples_does_not_matter() -> None:
    rng = np.random.default_rng(0)
    first, second = rng.integers(0, 9, 50) / 8, rng.integers(0, 9, 50) / 8
    order = rng.permutation(50)
    assert paired(first[order], second[order], binary=False) == paired(first, second, binary=False)


def test_what_can_change_by_two_has_a_wider_interval_than_what_can_change_by_one() -> None:
    first, second = np.zeros(40), np.zeros(40)
    one, two = (paired(first, second, binary=False, ends=(-most, most)) for most in (1.0, 2.0))
    assert (two.low, two.high) == pytest.approx((2 * one.low, 2 * one.high))  # nothing but the two made-up examples differs


def test_what_is_not_yes_or_no_is_tested_by_flipping_signs() -> None:
    first, second = np.array([0.5, 0.25, 0.0, 1.0]), np.array([1.0, 0.5, 0.5, 1.0])
    found = paired(first, second, binary=False)
    assert found.test == "sign flip"
    assert found.p == pytest.approx(2 / 2**3, abs=0.02)  # three differences, all of one sign
