"""How sure one can be: two sides on the same examples, every difference with its interval and its test.

On all examples, and on those that both sides answer correctly: there a difference of faithfulness is not one of accuracy. From records to
findings; says nothing about how they are shown.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from cotfaith.analysis.holm import holm
from cotfaith.analysis.paired import LEVEL, Difference, Values, paired
from cotfaith.report.quantities import Quantity
from cotfaith.report.sides import Measured, Side, has_records
from cotfaith.store import RunStore

Subset = Literal["all examples", "both correct"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One quantity of two sides. A difference that a gate closes on is None."""

    first: str  # names of the sides
    second: str
    quantity: str
    binary: bool
    difference: Difference | None
    reasons: tuple[str, ...]  # why there is none
    runs: tuple[tuple[float, ...], tuple[float, ...]]  # mean of each run of the first side, of the second, over the same examples; () of a single run
    few: tuple[str, ...]  # those of the reasons that speak of the shared examples alone, not of a side
    counts: tuple[int, int]  # examples of each side that have data; the difference is of those that both have
    holm: float = math.nan  # p-value corrected for all that stand in one table

    @property
    def significant(self) -> bool:
        """The corrected p-value is below 0.05."""
        return self.holm < LEVEL


@dataclass(frozen=True, slots=True)
class Certainty:
    """One table: the findings of one dataset on one set of examples, corrected for one another."""

    dataset: str
    subset: Subset
    findings: tuple[Finding, ...]
    floors: tuple[str, ...] = ()  # A/A floors of the sides, in words

    @property
    def reasons(self) -> tuple[str, ...]:
        """Each reason once."""
        return tuple(dict.fromkeys(reason for finding in self.findings for reason in finding.reasons))

    @property
    def few(self) -> tuple[str, ...]:
        """Those that speak of the shared examples alone."""
        return tuple(dict.fromkeys(reason for finding in self.findings for reason in finding.few))


def base_and_tuned(store: RunStore, dataset: str) -> list[Certainty]:
    """Base against tuned of one run; none where one of them was not measured or left no records."""
    if not all(has_records(store, arm, dataset) for arm in ("base", "tuned")):
        return []
    return certainties([(Side("base", "base", (store,)), Side("tuned", "tuned", (store,)))], dataset, store.manifest()["gates"]["rollouts"])


def certainties(pairs: Sequence[tuple[Side, Side]], dataset: str, least: int) -> list[Certainty]:
    """The two tables of a dataset. least: fewest chains on which a faithfulness number is shown."""
    sides = {side: side.measured(dataset) for pair in pairs for side in pair}
    subsets: tuple[Subset, ...] = ("all examples", "both correct")
    tables = []
    for subset in subsets:
        found = [finding for pair in pairs for finding in _findings(pair, (sides[pair[0]], sides[pair[1]]), subset, least)]
        corrected = holm([each.difference.p if each.difference else math.nan for each in found])
        findings = [replace(each, holm=p) for each, p in zip(found, corrected, strict=True)]
        floors = tuple(_floor(side, measured) for side, measured in sides.items() if measured.floors)
        tables.append(Certainty(dataset, subset, tuple(findings), floors))
    return tables


def _findings(pair: tuple[Side, Side], measured: tuple[Measured, Measured], subset: Subset, least: int) -> list[Finding]:
    first, second = measured
    correct = first.correct & second.correct if subset == "both correct" else None
    found = []
    for name, quantity in first.pooled.items():
        if name in second.pooled and not (subset == "both correct" and quantity.by_definition):
            binary = quantity.binary and second.pooled[name].binary
            uids = _shared(quantity, second.pooled[name], correct)
            columns = (_column(side.pooled[name], uids) for side in measured)
            difference = paired(*columns, binary=binary, ends=_widest(quantity))
            few = _few(quantity, difference.n, subset, least)
            reasons = _closed(quantity, measured) + few
            runs = tuple(tuple(run.mean(uids) for run in of) if len(of := side.by_run[name]) > 1 else () for side in measured)
            counts = tuple(_count(side.pooled[name], correct) for side in measured)
            shown = None if reasons else difference
            found.append(Finding(pair[0].name, pair[1].name, name, binary, shown, reasons, (runs[0], runs[1]), few, (counts[0], counts[1])))
    return found


def _shared(first: Quantity, second: Quantity, chosen: frozenset[str] | None) -> list[str]:
    """The examples on which both sides have data. chosen: None for all of them."""
    known = second.known
    return [uid for uid in first.known if uid in known and (chosen is None or uid in chosen)]


def _widest(quantity: Quantity) -> tuple[float, float] | None:
    """What a difference of two values can be at least and at most."""
    return (quantity.ends[0] - quantity.ends[1], quantity.ends[1] - quantity.ends[0]) if quantity.ends else None


def _count(quantity: Quantity, chosen: frozenset[str] | None) -> int:
    return sum(chosen is None or uid in chosen for uid in quantity.known)


def _column(quantity: Quantity, uids: Sequence[str]) -> Values:
    return np.array([quantity.values[uid] for uid in uids], dtype=np.float64)


def _closed(quantity: Quantity, measured: Sequence[Measured]) -> tuple[str, ...]:
    """A faithfulness difference is uninterpretable where either number is."""
    return tuple(reason for side in measured for reason in side.reasons.get(quantity.probe, ())) if quantity.probe else ()


def _few(quantity: Quantity, n: int, subset: Subset, least: int) -> tuple[str, ...]:
    """And where too few examples have both."""
    return (f"{quantity.probe}: only {n} chains read of both sides, {subset} (at least {least})",) if quantity.probe and n < least else ()


def _floor(side: Side, measured: Measured) -> str:
    """How often this side's answer changes by rounding alone."""
    shares = ", ".join(f"{floor['share']:.3f} of {floor['n']}" for floor in measured.floors if floor["share"] is not None)
    return f"{side.name}: {shares or 'nothing was read twice'}"
