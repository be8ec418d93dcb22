"""The sensitivity panel as a table: one line for each way of measuring, and the sentence that sums it up. Pure: from scores to text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cotfaith.report.comparison import UNINTERPRETABLE
from cotfaith.report.document import table
from cotfaith.store import Scores

STUDY = "sensitivity"
COLUMNS = ("steps as", "probe", "elicitation", "base aoc", "tuned aoc", "change [95 %]", "detectable", "n", "tuned is")


def rows(panel: Scores) -> list[tuple[str, ...]]:
    """The table of one dataset; panel: what `Sensitivity.score` says."""
    return [
        (by, probe, elicitation, *_cells(cell))
        for by, probes in panel["choices"].items()
        for probe, elicitations in probes.items()
        for elicitation, cell in elicitations.items()
    ]


def reasons(panel: Scores) -> list[str]:
    """Why numbers are uninterpretable: one line for each reason, with the choices that it closes."""
    found: dict[str, list[str]] = {}
    for by, probe, elicitation, *_ in rows(panel):
        for reason in panel["choices"][by][probe][elicitation]["gates"]:
            found.setdefault(reason, []).append(f"{by}/{probe}/{elicitation}")
    of = len(rows(panel))
    return [f"{UNINTERPRETABLE}: {reason} ({'every choice' if len(where) == of else ', '.join(where)})" for reason, where in found.items()]


def section(studies: Mapping[str, Mapping[str, Scores]], dataset: str) -> list[str]:
    """The panel's part of the page, where the run has one. studies: study -> dataset -> scores."""
    panel = studies.get(STUDY, {}).get(dataset)
    if panel is None:
        return []
    closed = [f"- {reason}" for reason in reasons(panel)]
    return ["### Does the ranking survive how it is measured?", panel["sentence"], "\n".join([table(COLUMNS, rows(panel), left=3), "", *closed])]


def _cells(cell: Mapping[str, Any]) -> tuple[str, ...]:
    dropped = f" ({cell['dropped']} dropped)" if cell["dropped"] else ""
    if cell["rank"] == "uninterpretable":
        arms = (UNINTERPRETABLE if cell[arm] is None else f"{cell[arm]:.3f}" for arm in ("base", "tuned"))
        return (*arms, "", "", f"-{dropped}", UNINTERPRETABLE)
    if cell["n"] == 0:
        return ("-", "-", "", "", f"0{dropped}", cell["rank"])
    change = f"{cell['difference']:+.3f} [{cell['low']:+.3f}, {cell['high']:+.3f}]"
    return (f"{cell['base']:.3f}", f"{cell['tuned']:.3f}", change, f"{cell['detectable']:.3f}", f"{cell['n']}{dropped}", cell["rank"])
