"""What one arm of a cell scored on a dataset, every number with its 95 % interval, from the records of its jobs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cotfaith.analysis.bootstrap import bootstrap_interval
from cotfaith.analysis.paired import CONFIDENCE, SEED
from cotfaith.analysis.proportions import wilson
from cotfaith.report.comparison import UNINTERPRETABLE
from cotfaith.report.quantities import Quantity
from cotfaith.report.sides import Side, has_records
from cotfaith.store import RunStore
from cotfaith.types import Arm


@dataclass(frozen=True, slots=True)
class Estimate:
    """One number. NaN: no data."""

    mean: float
    low: float
    high: float
    n: int  # examples
    runs: tuple[float, ...]  # mean of each seed; one: there were none to vary
    reasons: tuple[str, ...] = ()  # why it must not be read

    @property
    def shown(self) -> float:
        """The mean where it can be read, else NaN."""
        return math.nan if self.reasons else self.mean

    def __str__(self) -> str:
        if self.reasons:
            return UNINTERPRETABLE
        if math.isnan(self.mean):
            return "-"
        spread = f", seeds {min(self.runs):.3f} to {max(self.runs):.3f}" if len(self.runs) > 1 else ""
        return f"{self.mean:.3f} [{self.low:.2f}, {self.high:.2f}]{spread}"


def estimates(runs: Sequence[RunStore], arm: Arm, dataset: str) -> dict[str, Estimate]:
    """By quantity, as `report.quantities` names them; {} where the arm left no records. runs: one, or one for each seed.

    Intervals are over examples, for these models: Wilson's for shares of one run, else a bootstrap.
    """
    if not all(has_records(run, arm, dataset) for run in runs):
        return {}
    measured = Side(arm, arm, tuple(runs)).measured(dataset)
    closed = measured.reasons
    return {
        name: _estimate(quantity, tuple(run.mean() for run in measured.by_run[name]), closed.get(quantity.probe, ()) if quantity.probe else ())
        for name, quantity in measured.pooled.items()
    }


def _estimate(quantity: Quantity, by_run: tuple[float, ...], reasons: tuple[str, ...]) -> Estimate:
    values = np.array(list(quantity.known.values()), dtype=np.float64)
    if not len(values):
        return Estimate(math.nan, math.nan, math.nan, 0, by_run, reasons)
    mean = float(values.mean())
    if quantity.binary:
        low, high = wilson(mean, len(values), confidence=CONFIDENCE)
    else:
        low, high = bootstrap_interval(values, np.random.default_rng(SEED), confidence=CONFIDENCE, ends=quantity.ends)
    return Estimate(mean, low, high, len(values), by_run, reasons)
