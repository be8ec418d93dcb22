"""A bootstrap interval of a mean difference that also holds where few examples differ. Pure."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 10_000
_AT_ONCE = 500  # resamples held in memory


def bootstrap_interval(
    differences: NDArray[np.float64], rng: np.random.Generator, *, confidence: float, ends: tuple[float, float] | None = (-1.0, 1.0)
) -> tuple[float, float]:
    """The percentile interval of the mean over examples, (low, high).

    differences: (N,), N >= 1, one for each example. Examples are resampled; of several runs on one example the mean
    goes in, so that examples are the clusters. Two made-up examples are resampled with the others: one at each of the `ends` of what a
    difference can be: of quantities in [0, 1] one that gains 1 and one that loses 1.

    Without bounds (ends None: log-probabilities) there are no ends to add and this is the plain percentile interval: such values change on
    nearly every example, so that what the two are for does not happen, but of few examples with a long tail it is too narrow.

    Why two more: when an intervention changes few answers, resampling alone may never see one that changes, and an interval of no width is no
    interval. By simulation (tests/benchmarks/coverage.py) at a nominal 95 %: where 5 % of 30 examples change, all upwards, the percentile, BCa
    and studentised intervals held the truth in 62, 68 and 49 % of the trials, and where 5 % of 200 change either way in 93, 89 and 90 %; with
    the two added it is 100 and 99 %. Where half of the examples change or more it is 94 to 97 %, and 92 to 95 % of the plain percentile
    interval. Of yes-or-no differences this is the interval of Bonett and Price, by resampling.
    Sources: Efron and Tibshirani 1993, chapter 13 (percentile interval); Agresti and Min 2005, Statistics in Medicine 24:729, and Bonett and
    Price 2012, J. Educ. Behav. Stat. 37:479 (added pairs).
    """
    values, counts = np.unique(np.append(differences, () if ends is None else ends), return_counts=True)
    size = int(counts.sum())
    # How often each value is drawn: the same as drawing examples, at the price of the different values.
    draws = (rng.multinomial(size, counts / size, size=_AT_ONCE) for _ in range(RESAMPLES // _AT_ONCE))
    means = np.concatenate([drawn @ values / size for drawn in draws])
    low, high = np.quantile(means, [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(low), float(high)
