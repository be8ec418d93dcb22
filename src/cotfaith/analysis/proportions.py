"""How far a share of so many examples can be trusted. Pure."""

from __future__ import annotations

from scipy.stats import binomtest


def wilson(share: float, n: int, *, confidence: float) -> tuple[float, float]:
    """Wilson's score interval of a share of n >= 1 examples, fractions in [0, 1].

    Source: Wilson 1927, JASA 22:209; recommended over the exact interval, which is wider than it need be, by Brown, Cai and DasGupta 2001,
    Statist. Sci. 16:101. (A gate, which must not open by mistake, takes the exact one.)
    """
    interval = binomtest(round(share * n), n).proportion_ci(confidence, "wilson")
    return float(interval.low), float(interval.high)
