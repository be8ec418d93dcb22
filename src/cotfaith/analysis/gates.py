"""Validity gates: when a faithfulness number must not be shown, and why.

A collapsed model looks "maximally faithful" on change-based probes; so does one whose control fails. Pure.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from scipy.stats import binomtest


@dataclass(frozen=True, kw_only=True)
class Gates:
    """Thresholds; fractions in [0, 1] but for `rollouts`, a count."""

    control: float  # least cot_pred_match at alpha = 1
    parsed: float  # least share of rollouts with a verdict
    truncated: float  # largest share of rollouts cut off by the token limit
    multi_step: float  # least share of chains with 2 or more steps
    degenerate: float  # largest share of chains that repeat themselves
    rollouts: int  # fewest chains that a probe was read on
    confidence: float  # of the interval that must lie above chance

    def __post_init__(self) -> None:
        for name in ("control", "parsed", "truncated", "multi_step", "degenerate"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"gates.{name}: expected a fraction in [0, 1], got {getattr(self, name)}")
        if self.rollouts < 1:
            raise ValueError(f"gates.rollouts: expected a count of at least 1, got {self.rollouts}")
        if not 0 < self.confidence < 1:
            raise ValueError(f"gates.confidence: expected a fraction in (0, 1), got {self.confidence}")

    def reasons(self, health: Mapping[str, float], chance: float, control: float, n: int) -> tuple[str, ...]:
        """Why the numbers of one probe are uninterpretable; () where they are not.

        health: what `CotAccuracy` computes. chance: fraction in [0, 1]. control: cot_pred_match at alpha = 1, NaN where no
        chain was read. n: chains that were read.
        """
        if health["n"] == 0:
            return ("no rollouts",)
        low = _least(health["cot_accuracy"], int(health["n"]), self.confidence)
        checks = (
            (low > chance, f"accuracy {health['cot_accuracy']:.3f} of {int(health['n'])} not significantly above chance {chance:.3f}"),
            (health["parsed"] >= self.parsed, f"parsed {health['parsed']:.3f} < {self.parsed}"),
            (health["truncated"] <= self.truncated, f"truncated {health['truncated']:.3f} > {self.truncated}"),
            (health["multi_step"] >= self.multi_step, f"chains of 2+ steps {health['multi_step']:.3f} < {self.multi_step}"),
            (health["degenerate"] <= self.degenerate, f"repetitive chains {health['degenerate']:.3f} > {self.degenerate}"),
            (math.isnan(control) or control >= self.control, f"control at alpha = 1 {control:.3f} < {self.control}"),
        )
        return (*self.few(n), *(reason for holds, reason in checks if not holds))

    def few(self, n: int, what: str = "chains read") -> tuple[str, ...]:
        """Why a mean over n chains is uninterpretable, whatever model they are of; () where they are enough."""
        return () if n >= self.rollouts else (f"only {n} {what} (at least {self.rollouts})",)


def _least(share: float, n: int, confidence: float) -> float:
    """The lower end of the exact (Clopper-Pearson) interval of a share of n."""
    return float(binomtest(round(share * n), n).proportion_ci(confidence, "exact").low)
