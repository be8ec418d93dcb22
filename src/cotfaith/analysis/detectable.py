"""The smallest difference that so many examples could have shown: what a test without a finding rules out. Pure."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.stats import binom, norm


def detectable_share(n: int, discordant: float, *, level: float, power: float) -> float:
    """Smallest change of a share that McNemar's exact test finds with this power, a fraction in (0, 1]; NaN: none, with so few examples.

    n: examples. discordant: observed share of examples on which the two sides disagree, taken to stay what it is where it is large enough to
    hold the change. level: of the two-sided test, uncorrected. Smaller = the comparison sees more.

    With D of n examples discordant, D ~ Binomial(n, discordant), and G of these gained, G ~ Binomial(D, (1 + change / discordant) / 2), the
    power is the probability that the test of (G, D - G) rejects, summed over D.
    Source: Duffy 1984, Biometrics 40:1005 (exact power of McNemar's test).
    """

    def excess(change: float) -> float:
        return _power(n, change, max(discordant, change), level) - power

    return float(brentq(excess, 1e-9, 1.0)) if n and excess(1.0) >= 0 else math.nan


def detectable_mean(differences: NDArray[np.float64], *, level: float, power: float) -> float:
    """Smallest mean difference that a test of N differences finds with this power: (z(1 - level / 2) + z(power)) * deviation / sqrt(N).

    differences: (N,), whose standard deviation is taken. In their unit; smaller = the comparison sees more. NaN where fewer of them differ
    from 0 than any sign-flip test could find something in (6 at a level of 0.05): what they spread is then no measure of anything.
    Source: Card et al. 2020, arXiv:2010.06595 (power of paired comparisons); the formula is the normal approximation of the paired test.
    """
    if np.count_nonzero(differences) < 1 - math.log2(level):  # all k signs alike have the probability 2 / 2**k
        return math.nan
    return float((norm.ppf(1 - level / 2) + norm.ppf(power)) * differences.std(ddof=1) / math.sqrt(len(differences)))


def _power(n: int, change: float, discordant: float, level: float) -> float:
    fewest, most = binom.ppf(np.array([1e-12, 1 - 1e-12]), n, discordant)
    pairs = np.arange(fewest, most + 1)
    least = binom.isf(level / 2, pairs, 0.5) + 1  # fewest of one direction at which the test rejects
    gains = (1 + change / discordant) / 2
    rejects = binom.sf(least - 1, pairs, gains) + binom.cdf(pairs - least, pairs, gains)
    return float(binom.pmf(pairs, n, discordant) @ rejects)
