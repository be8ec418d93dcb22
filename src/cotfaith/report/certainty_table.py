"""Findings as text: the table that is printed and written, the lines below it, the marks in the table of a run, and plain JSON."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from cotfaith.analysis.bootstrap import RESAMPLES
from cotfaith.analysis.paired import CONFIDENCE, LEVEL, POWER, SEED, Difference
from cotfaith.analysis.proportions import wilson
from cotfaith.report.certainty import Certainty, Finding
from cotfaith.report.comparison import UNINTERPRETABLE
from cotfaith.report.document import table

HOW_TO_READ = f"""\
Both models on the same examples. *change*: second minus first with its {CONFIDENCE:.0%} interval; *p*: of no change, this line alone (McNemar's exact
test for yes-or-no quantities, else sign flips); *Holm*: the same, corrected for all lines of the table; below {LEVEL} the change is marked \\*.
*detectable*: the smallest change that this many examples show with a probability of {POWER:.0%} (uncorrected); a smaller one may be there
unseen; a dash where too few examples differ to tell. In brackets
behind a model's own number: its {CONFIDENCE:.0%} interval, or of several runs the lowest and the highest. Intervals speak
of other examples of the same kind for these models, not of models trained anew; those of soft_aoc and info_gain, which have no bounds, know only
what these examples show."""


def columns(certainty: Certainty) -> tuple[str, ...]:
    """Headings; two sides are named there, more in a column of their own."""
    pairs = {(finding.first, finding.second) for finding in certainty.findings}
    sides = next(iter(pairs)) if len(pairs) == 1 else ("first", "second")
    return (*(("compared",) if len(pairs) > 1 else ()), "quantity", *sides, "change", "p", "Holm", "detectable", "n")


def rows(certainty: Certainty) -> list[tuple[str, ...]]:
    """One line for each finding."""
    several = len({(finding.first, finding.second) for finding in certainty.findings}) > 1
    return [(*((f"{each.first} → {each.second}",) if several else ()), *_row(each)) for each in certainty.findings]


def notes(certainty: Certainty) -> list[str]:
    """Why a line has no number, and how often an answer changes by rounding alone."""
    gates = [f"{UNINTERPRETABLE}: {reason}" for reason in certainty.reasons]
    floors = "; ".join(certainty.floors)
    return [*gates, *([f"A/A floor, answers that change when the intact chain is read in another batch layout: {floors}"] if floors else [])]


def markdown(tables: Sequence[Certainty]) -> list[str]:
    """The parts of a page: each table under its set of examples, then how to read it."""
    parts = []
    for each in tables:
        parts += [f"**{each.dataset}, {each.subset}**", table(columns(each), rows(each), left=len(columns(each)) - 7)]
    remarks = dict.fromkeys(note for each in tables for note in notes(each))
    return [*parts, "\n".join(f"- {note}" for note in remarks), HOW_TO_READ] if parts else []


def changes(certainty: Certainty) -> dict[str, str]:
    """What stands in the change column of the table of a run, by quantity: for each finding something, so that no plain change takes its place.

    The columns beside it are means over what each side has; a change over fewer examples says how many it shares.
    """
    return {finding.quantity: _paired(finding) for finding in certainty.findings}


def _paired(finding: Finding) -> str:
    found = finding.difference
    if found is None:
        return UNINTERPRETABLE
    if not _known(found):
        return "-"
    shared = f" of {found.n} shared" if found.n < max(finding.counts) else ""
    return _change(found, finding.significant) + shared


def as_json(tables: Sequence[Certainty]) -> dict[str, Any]:
    """All numbers, and how they were made. Null: no data, or a gate closed."""
    method = {
        "confidence": CONFIDENCE,
        "level": LEVEL,
        "power": POWER,
        "resamples": RESAMPLES,
        "resampling_seed": SEED,
        "interval": "percentile bootstrap over examples, with one made-up example at each end of what a change can be; of soft_aoc and"
        " info_gain, which have no bounds, without",
        "tests": "binary quantities: exact McNemar; others: sign flip; corrected by Holm over each table",
    }
    return {"method": method, "tables": [asdict(each) for each in tables]}


def _row(finding: Finding) -> tuple[str, ...]:
    found = finding.difference
    if found is None:
        return (finding.quantity, "", "", UNINTERPRETABLE, "", "", "", "")
    if not _known(found):
        return (finding.quantity, "-", "-", "-", "-", "-", "-", "0")
    sides = [_side(share, found.n, finding.binary, runs) for share, runs in zip((found.first, found.second), finding.runs, strict=True)]
    tests = [_p(found.p), _p(finding.holm), "-" if math.isnan(found.detectable) else f"{found.detectable:.3f}"]
    return (finding.quantity, *sides, _change(found, finding.significant), *tests, str(found.n))


def _side(mean: float, n: int, binary: bool, runs: tuple[float, ...]) -> str:
    if runs:
        return f"{mean:.3f} [{min(runs):.3f}, {max(runs):.3f}]"
    low, high = wilson(mean, n, confidence=CONFIDENCE) if binary else (math.nan, math.nan)
    return f"{mean:.3f} [{low:.3f}, {high:.3f}]" if binary else f"{mean:.3f}"


def _change(found: Difference | None, significant: bool) -> str:
    assert found is not None
    return f"{found.change:+.3f}{'*' if significant else ' '} [{found.low:+.3f}, {found.high:+.3f}]"


def _p(value: float) -> str:
    """A p-value; of sign flips none is below 0.0001.

    >>> _p(0.03125), _p(2e-8)
    ('0.031', '< 0.001')
    """
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def _known(found: Difference | None) -> bool:
    return found is not None and found.n > 0
