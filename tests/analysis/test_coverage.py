"""By simulation: intervals hold the truth as often as they say, and where there is no difference there are few findings.

Differences of n examples, `differing` of them not 0, of which `up` are positive; sizes are those of areas over curves of 8 steps, or 1.
tests/benchmarks/coverage.py shows the same for other kinds of interval.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from cotfaith.analysis.bootstrap import bootstrap_interval
from cotfaith.analysis.mcnemar import mcnemar
from cotfaith.analysis.sign_flip import sign_flip

SIZES = {"areas": np.array([1, 1, 2, 4, 6]) / 8, "answers": np.array([1.0])}
KINDS = [(n, differing, up, sizes) for n in (30, 200) for differing, up in ((0.05, 0.5), (0.05, 1.0), (0.5, 0.7), (0.95, 0.1)) for sizes in SIZES]
over_kinds = pytest.mark.parametrize(("n", "differing", "up", "sizes"), KINDS)


def draw(rng: np.random.Generator, n: int, differing: float, up: float, sizes: str) -> np.ndarray:
    return (rng.random(n) < differing) * np.where(rng.random(n) < up, 1, -1) * rng.choice(SIZES[sizes], n)


def covered(trials: int, n: int, differing: float, up: float, sizes: str) -> float:
    rng, truth = np.random.default_rng(0), differing * (2 * up - 1) * SIZES[sizes].mean()
    ends = [bootstrap_interval(draw(rng, n, differing, up, sizes), rng, confidence=0.95) for _ in range(trials)]
    return float(np.mean([low <= truth <= high for low, high in ends]))


def error(trials: int) -> float:
    """Three standard errors of a share of one in twenty."""
    return float(3 * (0.05 * 0.95 / trials) ** 0.5)


@over_kinds
def test_an_interval_holds_the_truth(n: int, differing: float, up: float, sizes: str) -> None:
    assert covered(100, n, differing, up, sizes) >= 0.95 - error(100)


@pytest.mark.slow
@over_kinds
def test_an_interval_holds_the_truth_nineteen_times_in_twenty(n: int, differing: float, up: float, sizes: str) -> None:
    assert covered(1000, n, differing, up, sizes) >= 0.95 - error(1000)


def by_mcnemar(differences: np.ndarray, rng: np.random.Generator) -> float:
    return mcnemar(int(np.sum(differences > 0)), int(np.sum(differences < 0)))


@pytest.mark.parametrize(("test", "sizes"), [(by_mcnemar, "answers"), (sign_flip, "areas")])
@pytest.mark.parametrize("differing", [0.05, 0.5, 0.95])
@pytest.mark.parametrize("n", [30, 200])
def test_where_there_is_no_difference_one_in_twenty_is_a_finding_at_most(
    test: Callable[[np.ndarray, np.random.Generator], float], sizes: str, differing: float, n: int
) -> None:
    rng, trials = np.random.default_rng(0), 200
    found = np.mean([test(draw(rng, n, differing, 0.5, sizes), rng) < 0.05 for _ in range(trials)])
    assert found <= 0.05 + error(trials)


def test_a_mean_of_no_difference_made_of_few_large_gains_and_many_small_losses_is_no_finding_either() -> None:
    rng, trials = np.random.default_rng(0), 200
    lopsided = [rng.choice([0.75, -0.25, 0.0], 200, p=[0.1, 0.3, 0.6]) for _ in range(trials)]  # 0.075 - 0.075
    assert np.mean([sign_flip(differences, rng) < 0.05 for differences in lopsided]) <= 0.05 + error(trials)
