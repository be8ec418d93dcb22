"""A bootstrap interval of a mean difference that also holds where few examples differ. Pure."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 10_000
_AT_ONCE = 500  # resamples held in memory


def bootstrap_interval(differences: NDArray[np.float64], rng: np.random.Generator, *, confidence: float) -> tuple[float, float]:
    """The percentile interval of the mean over examples, (low, high).

    differences: (N,), N >= 1, one for each example, of quantities in [0, 1]. Examples are resampled; of several runs on one example the mean
    goes in, so that examples are the clusters. Two made-up examples are resampled with the others: one that gains 1 and one that loses 1.

    Why two more: when an intervention changes few answers, resampling alone may never see one that changes, and an interval of no width is no
    interval. Simulated at a nominal 95 % (tests/benchmarks/coverage.py), the percentile, BCa and studentised intervals covered 50, 48 and 72 %
    with 5 % of 30 examples differing, and 91, 86 and 87 % with 5 % of 200; with the two added it is 100 and 99 %, and 95 to 98 % where most
    examples differ. Of yes-or-no differences it is the interval of Bonett and Price by resampling.
    Sources: Efron and Tibshirani 1993, chapter 13 (percentile interval); Agresti and Min 2005, Statistics in Medicine 24:729, and Bonett and
    Price 2012, J. Educ. Behav. Stat. 37:479 (added pairs).
    """
    values, counts = np.unique(np.append(differences, (-1.0, 1.0)), return_counts=True)
    size = int(counts.sum())
    # How often each value is drawn: the same as drawing examples, at the price of the different values.
    draws = (rng.multinomial(size, counts / size, size=_AT_ONCE) for _ in range(RESAMPLES // _AT_ONCE))
    means = np.concatenate([drawn @ values / size for drawn in draws])
    low, high = np.quantile(means, [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(low), float(high)
