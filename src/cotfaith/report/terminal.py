"""Tables on the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from cotfaith.report.comparison import UNINTERPRETABLE, Comparison

_LEGEND = "match, alpha a: same answer when the fraction a of the chain is left intact. aoc: larger = the answer depends more on the later steps."
_WIDTH_WITHOUT_TERMINAL = 160  # a pipe has no width; the table must not be folded to 80 columns


def console() -> Console:
    """Standard output; colours only where there is a terminal."""
    plain = Console()
    return plain if plain.is_terminal else Console(width=_WIDTH_WITHOUT_TERMINAL)


def show_comparison(comparison: Comparison) -> None:
    """Print the table of a run and, below it, why a cell is uninterpretable."""
    table = Table(title=f"{comparison.dataset}, test split: base against tuned", title_justify="left")
    table.add_column("metric")
    for name in ("base", "tuned", "change", "n"):
        table.add_column(name, justify="right")
    for row in comparison.rows:
        if row.section and table.row_count:
            table.add_section()
        table.add_row(escape(row.metric), _mark(row.base), _mark(row.tuned), row.change, row.n)
    out = console()
    out.print(table)
    out.print(_LEGEND, highlight=False)
    if not comparison.reasons:
        out.print("All gates passed.", highlight=False)
    for reason in comparison.reasons:
        out.print(f"[yellow]{UNINTERPRETABLE}[/]: {escape(reason)}", highlight=False)


def show_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a plain table, the first column to the left."""
    table = Table(title=escape(title), title_justify="left")
    for place, column in enumerate(columns):
        table.add_column(column, justify="left" if place == 0 else "right", overflow="fold")
    for row in rows:
        table.add_row(*map(_mark, row))
    console().print(table)


def show_line(text: str) -> None:
    """Print a line as it is, unfolded."""
    console().print(text, soft_wrap=True, highlight=False, markup=False)


def _mark(cell: str) -> str:
    return f"[yellow]{cell}[/]" if cell in (UNINTERPRETABLE, "failed") else escape(cell)
