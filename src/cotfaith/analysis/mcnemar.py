"""McNemar's exact test: did more examples turn right than wrong? Pure."""

from __future__ import annotations

from scipy.stats import binomtest


def mcnemar(gained: int, lost: int) -> float:
    """The two-sided p-value, a probability in [0, 1]; smaller = less compatible with no difference.

    gained, lost: examples on which a fact became true, and false; those on which it stayed say nothing. Without any, 1.
    The exact form takes the count as binomial with probability 1/2, whatever its size.
    Source: McNemar 1947, Psychometrika 12:153.

    >>> mcnemar(6, 0)  # 2 / 2**6
    0.03125
    """
    return float(binomtest(gained, gained + lost).pvalue) if gained + lost else 1.0
