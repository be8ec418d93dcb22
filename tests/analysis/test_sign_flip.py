from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from scipy.stats import permutation_test

from cotfaith.analysis.mcnemar import mcnemar
from cotfaith.analysis.sign_flip import sign_flip


def p(*differences: float) -> float:
    return sign_flip(np.array(differences), np.random.default_rng(0))


def test_it_agrees_with_all_ways_to_flip_the_signs() -> None:
    differences = (0.5, 0.25, -0.125, 0.75, 0.5, 0.0, 0.25)
    sums = [abs(sum(sign * each for sign, each in zip(signs, differences, strict=True))) for signs in product((-1, 1), repeat=7)]
    exact = sum(each >= abs(sum(differences)) for each in sums) / 2**7
    assert p(*differences) == pytest.approx(exact, abs=4 * (exact * (1 - exact) / 10_000) ** 0.5)


def test_it_agrees_with_scipy() -> None:
    rng = np.random.default_rng(3)
    first, second = rng.normal(0, 1, 40), rng.normal(0.4, 1, 40)
    options = {"permutation_type": "samples", "n_resamples": 20_000, "rng": np.random.default_rng(4)}
    theirs = permutation_test((second, first), lambda a, b: np.mean(a) - np.mean(b), **options).pvalue
    assert p(*(second - first)) == pytest.approx(theirs, abs=0.01)


def test_of_one_size_it_is_mcnemars_test() -> None:
    differences = [1.0] * 14 + [-1.0] * 4 + [0.0] * 30
    assert p(*differences) == pytest.approx(mcnemar(14, 4), abs=0.005)


def test_the_direction_does_not_matter() -> None:
    assert p(0.5, 0.25, 0.5, 0.1) == p(-0.5, -0.25, -0.5, -0.1)


def test_where_nothing_differs_there_is_no_evidence() -> None:
    assert p(0.0, 0.0, 0.0) == 1


def test_it_is_never_zero() -> None:
    assert p(*[1.0] * 200) == 1 / 10_001
