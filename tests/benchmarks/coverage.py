"""How often a nominal 95 % interval of a mean paired difference holds the truth: four kinds of interval, by simulation.

    .venv/bin/python tests/benchmarks/coverage.py

A kind of difference is named by what changes: nearly every example, half of them, 1 in 20 to both sides, 1 in 20 to one side, 1 in 50. Printed
is the share of trials in which the interval holds the mean that the differences were drawn with, and behind it the mean width. Takes 3 minutes.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

Values = NDArray[np.float64]
Interval = tuple[float, float]
TRIALS, RESAMPLES, LEVELS = 1000, 1000, (0.025, 0.975)
GRID = np.array([1, 2, 4, 6, 8]) / 8


KINDS = {  # share of examples that change, and of these the share that changes upwards
    "19 in 20": (0.95, 0.1),
    "half": (0.5, 0.7),
    "1 in 20": (0.05, 0.5),
    "1 in 20, up": (0.05, 1.0),
    "1 in 50": (0.02, 0.5),
}


def draw(rng: np.random.Generator, n: int, differing: float, up: float) -> Values:
    return (rng.random(n) < differing) * np.where(rng.random(n) < up, 1, -1) * rng.choice(GRID, n)


def resampled(differences: Values, rng: np.random.Generator) -> tuple[Values, Values]:
    """Means and standard deviations of the resamples."""
    values, counts = np.unique(differences, return_counts=True)
    drawn = rng.multinomial(len(differences), counts / len(differences), size=RESAMPLES)
    means = drawn @ values / len(differences)
    return means, np.sqrt(np.maximum(drawn @ values**2 / len(differences) - means**2, 0))


def percentile(differences: Values, rng: np.random.Generator) -> Interval:
    low, high = np.quantile(resampled(differences, rng)[0], LEVELS)
    return low, high


def accelerated(differences: Values, rng: np.random.Generator) -> Interval:
    """BCa (Efron 1987)."""
    means, mean = resampled(differences, rng)[0], differences.mean()
    off = differences - mean
    if not off.any():
        return mean, mean
    bias = norm.ppf((np.mean(means < mean) + np.mean(means <= mean)) / 2)
    reach = bias + norm.ppf(LEVELS)
    low, high = np.quantile(means, norm.cdf(bias + reach / (1 - (off**3).sum() / (6 * (off**2).sum() ** 1.5) * reach)))
    return low, high


def studentised(differences: Values, rng: np.random.Generator) -> Interval:
    means, deviations = resampled(differences, rng)
    mean, spread = differences.mean(), deviations > 0
    if not spread.any():
        return mean, mean
    low, high = np.quantile((means[spread] - mean) / deviations[spread], LEVELS)
    return mean - high * differences.std(), mean - low * differences.std()


def two_added(differences: Values, rng: np.random.Generator) -> Interval:
    """What `cotfaith.analysis.bootstrap` does."""
    return percentile(np.append(differences, (-1.0, 1.0)), rng)


def main() -> None:
    methods = (percentile, accelerated, studentised, two_added)
    print(f"{'changes':12} {'n':>4}" + "".join(f"{method.__name__:>16}" for method in methods))
    for kind, (differing, up) in KINDS.items():
        truth = differing * (2 * up - 1) * GRID.mean()
        for n in (30, 64, 200):
            rng = np.random.default_rng(0)
            trials = [draw(rng, n, differing, up) for _ in range(TRIALS)]
            cells = ""
            for method in methods:
                ends = np.array([method(differences, rng) for differences in trials])
                held = np.mean((ends[:, 0] <= truth + 1e-12) & (truth - 1e-12 <= ends[:, 1]))
                cells += f"{held:>9.3f} /{np.mean(ends[:, 1] - ends[:, 0]):.3f}"
            print(f"{kind:12} {n:>4}{cells}", flush=True)


if __name__ == "__main__":
    main()
