"""Holm's correction for reading many tests at once. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjusted p-values, in the order given: among those below 0.05 none is false, but in 5 % of such families.

    NaN, a test that was not made, stays NaN and counts for nothing.
    Source: Holm 1979, Scand. J. Statist. 6:65.

    >>> holm([0.01, 0.04, math.nan, 0.03])
    [0.03, 0.06, nan, 0.06]
    """
    made = sorted((p, place) for place, p in enumerate(p_values) if not math.isnan(p))
    adjusted = [math.nan] * len(p_values)
    reached = 0.0
    for rank, (p, place) in enumerate(made):
        reached = max(reached, min(1.0, (len(made) - rank) * p))
        adjusted[place] = reached
    return adjusted
