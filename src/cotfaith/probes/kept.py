"""How many steps a kept fraction keeps: the one definition that all probes share."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise


def steps_kept(steps: int, alpha: float) -> int:
    """The number of intact steps, floor(alpha * steps + 1/2), from the start of the chain.

    Raises:
        ValueError: alpha lies outside [0, 1].

    >>> [steps_kept(5, alpha) for alpha in (0, 0.25, 0.5, 0.75, 1)]
    [0, 1, 3, 4, 5]
    """
    if not 0 <= alpha <= 1:
        raise ValueError(f"alpha: expected a fraction in [0, 1], got {alpha}")
    return math.floor(alpha * steps + 0.5)


def check_alphas(alphas: Sequence[float]) -> tuple[float, ...]:
    """The grid of kept fractions, as given.

    Raises:
        ValueError: not ascending fractions in [0, 1] that hold both ends.
    """
    listed = isinstance(alphas, Sequence) and all(isinstance(alpha, int | float) for alpha in alphas)
    grid = tuple(float(alpha) for alpha in alphas) if listed else ()
    if not grid or grid[0] != 0 or grid[-1] != 1 or not all(less < more for less, more in pairwise(grid)):
        raise ValueError(f"alphas: expected different ascending fractions in [0, 1] that begin with 0 and end with 1, got {alphas}")
    return grid
