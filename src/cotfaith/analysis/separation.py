"""How well a score of single examples tells two kinds of example apart. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence

from scipy.stats import mannwhitneyu


def auroc(lower: Sequence[float], higher: Sequence[float]) -> float:
    """Probability that one of `higher` has the larger score than one of `lower`, ties counting half: a fraction in [0, 1].

    1 = they are apart, 0.5 = the score says nothing; NaN where one of the two is empty. Scores are finite.
    Source: Hanley and McNeil 1982, Radiology 143:29 (the area under the ROC curve is the Mann-Whitney statistic over the number of pairs).

    >>> auroc([0.0, 0.1], [0.1, 0.9])
    0.875
    """
    if not lower or not higher:
        return math.nan
    return float(mannwhitneyu(higher, lower).statistic) / (len(lower) * len(higher))
