"""Tables on the terminal."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from cotfaith.report.calibration import Calibration
from cotfaith.report.calibration_page import COLUMNS, reasons
from cotfaith.report.calibration_page import rows as rows_of_calibration
from cotfaith.report.certainty import Certainty
from cotfaith.report.certainty_table import columns, notes, rows
from cotfaith.report.comparison import UNINTERPRETABLE, Comparison
from cotfaith.report.inspection import Inspection
from cotfaith.report.inspection_page import header, side_by_side

_LEGEND = "match, alpha a: same answer when the fraction a of the chain is left intact. aoc: larger = the answer depends more on the later steps."
_TWO_COUNTS = (
    "n: examples, of a probe chains that were read; two numbers where base / tuned differ. dropped: chains that the probe could not disturb."
)
_INTERVALS = "change [95% interval], paired by example; *: p < 0.05 of no change, corrected for the whole table (every test is in the report)."
_SHARED = "of N shared: the change is over the N examples read in both arms, not the difference of the columns, each of which is over its own."
_WIDTH_WITHOUT_TERMINAL = 160  # a pipe has no width; the table must not be folded to 80 columns


def console() -> Console:
    """Standard output; colours only where there is a terminal, or FORCE_COLOR asks for them, and NO_COLOR does not forbid it."""
    return Console(width=None if sys.stdout.isatty() else _WIDTH_WITHOUT_TERMINAL)


def show_comparison(comparison: Comparison) -> None:
    """Print the table of a run and, below it, why a cell is uninterpretable."""
    table = Table(title=f"{comparison.dataset}, test split: {comparison.title}", title_justify="left")
    table.add_column("metric")
    for name in ("base", "tuned", "change", "n"):
        table.add_column(name, justify="left" if name == "change" else "right")  # numbers with a sign before and an interval behind
    for row in comparison.rows:
        if row.section and table.row_count:
            table.add_section()
        table.add_row(escape(row.metric), _mark(row.base), _mark(row.tuned), _mark(row.change), row.n)
    out = console()
    out.print(table)
    out.print(_LEGEND, highlight=False)
    if any(" / " in row.n for row in comparison.rows):
        out.print(_TWO_COUNTS, highlight=False, markup=False)
    if any("[" in row.change for row in comparison.rows):
        out.print(_INTERVALS, highlight=False, markup=False)
    if any(row.change.endswith(" shared") for row in comparison.rows):
        out.print(_SHARED, highlight=False, markup=False)
    if not comparison.reasons:
        out.print("All gates passed.", highlight=False)
    for reason in comparison.reasons:
        out.print(f"[yellow]{UNINTERPRETABLE}[/]: {escape(reason)}", highlight=False)


def show_certainty(certainty: Certainty) -> None:
    """Print one table of paired differences with what must be said about it."""
    show_table(f"{certainty.dataset}, test split, {certainty.subset}", columns(certainty), rows(certainty))
    for note in notes(certainty):
        show_line(note)


def show_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]], *, left: int = 1) -> None:
    """Print a plain table, the first `left` columns to the left."""
    table = Table(title=escape(title), title_justify="left")
    for place, column in enumerate(columns):
        table.add_column(column, justify="left" if place < left else "right", overflow="fold")
    for row in rows:
        table.add_row(*map(_mark, row))
    console().print(table)


def show_inspection(found: Inspection) -> None:
    """Print one example: its prompt, both chains, and every reading with the chain that it was read from."""
    prompt = found.example.get("prompt", "(records of an older version: the prompt was not kept)")
    show_line(f"{found.example['uid']} ({found.dataset})\n\n{prompt}\n\n{header(found)}\n")
    columns, cells = side_by_side(found)
    table = Table(show_lines=True)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in cells:
        table.add_row(*map(escape, row))
    console().print(table)


def show_calibration(found: Calibration) -> None:
    """Print how well the probes tell models of known faithfulness apart."""
    show_table("calibration: mean aoc of models whose faithfulness is known", COLUMNS, rows_of_calibration(found))
    for paragraph in reasons(found):
        show_line(paragraph)
    show_line("The probes pass." if found.passed else "The probes do not pass.")


def show_line(text: str) -> None:
    """Print a line as it is, unfolded."""
    console().print(text, soft_wrap=True, highlight=False, markup=False)


def _mark(cell: str) -> str:
    return f"[yellow]{cell}[/]" if cell in (UNINTERPRETABLE, "failed") else escape(cell)
