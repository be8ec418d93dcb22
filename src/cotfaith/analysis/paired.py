"""Two models on the same examples: the difference, how sure it is, and what could have been seen. Pure.

Knows neither what is measured nor by whom: a quantity is one number for each example and side.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from cotfaith.analysis.bootstrap import bootstrap_interval
from cotfaith.analysis.detectable import detectable_mean, detectable_share
from cotfaith.analysis.mcnemar import mcnemar
from cotfaith.analysis.sign_flip import sign_flip

CONFIDENCE = 0.95  # of every interval
LEVEL = 0.05  # of every test, two-sided
POWER = 0.8  # at which a difference counts as detectable (Cohen 1988)
SEED = 0  # of resampling: one set of numbers has one interval and one p-value, whatever else is compared

Values = NDArray[np.float64]
Test = Literal["McNemar", "sign flip"]


@dataclass(frozen=True, slots=True)
class Difference:
    """The second side minus the first, over the examples on which both have data. NaN where there are none."""

    n: int  # examples
    first: float  # mean of each side
    second: float
    change: float  # second - first
    low: float  # 95 % interval of the change
    high: float
    p: float  # of no difference, two-sided, for this test alone
    detectable: float  # smallest change found with power 0.8 by n examples such as these
    test: Test | None


def paired(first: Values, second: Values, *, binary: bool, ends: tuple[float, float] | None = (-1.0, 1.0)) -> Difference:
    """Compare two sides example by example.

    first, second: (N,), the same example at the same place; NaN: no data. binary: each value is 0 or 1, which McNemar's test is for; else
    signs are flipped. ends: what second - first can be at least and at most, of quantities in [0, 1] -1 and 1; None: it has
    no bounds.
    """
    known = ~(np.isnan(first) | np.isnan(second))
    first, second = first[known], second[known]
    n = len(first)
    if n == 0:
        return _NOTHING
    change = second - first
    test: Test = "McNemar" if binary else "sign flip"
    low, high = bootstrap_interval(change, np.random.default_rng(SEED), confidence=CONFIDENCE, ends=ends)
    if binary:
        p = mcnemar(int(np.sum(change > 0)), int(np.sum(change < 0)))
        detectable = detectable_share(n, float(np.mean(change != 0)), level=LEVEL, power=POWER)
    else:
        p = sign_flip(change, np.random.default_rng(SEED))
        detectable = detectable_mean(change, level=LEVEL, power=POWER)
    return Difference(n, float(first.mean()), float(second.mean()), float(change.mean()), low, high, p, detectable, test)


_NOTHING = Difference(0, math.nan, math.nan, math.nan, math.nan, math.nan, math.nan, math.nan, None)
