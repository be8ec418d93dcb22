"""Rows in, examples out: every row is read by its dataset's convention, and a row that fails is named, never lost.

Stands between `sources` (which rows there are) and `splits` (who gets which example).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from cotfaith.datasets.rows import Row, RowError
from cotfaith.datasets.sources import Source
from cotfaith.types import Example, Split

log = logging.getLogger(__name__)

OnBadRow = Literal["error", "drop"]
LISTED = 100  # bad rows by name in a provenance: the manifest stays readable, the count is always whole
_MOST_BAD = 0.5  # where more than half of the rows are bad, the file is not what it was taken for: dropping would hide that


class Convention(NamedTuple):
    """How the rows of one source are to be read."""

    name: str  # what was decided from what the rows hold, in words
    example: Callable[[Row], Example]  # raises RowError for a bad row
    together: Callable[[Example], str] = lambda example: example.uid  # examples with one such key are not carved apart


Decide = Callable[[Source], Convention]
"""Looks at all rows of a source; raises ValueError where they are of no convention it knows."""


@dataclass(frozen=True, slots=True)
class Item:
    """An example and where it stood."""

    example: Example
    split: Split | None
    file: str
    row: int
    together: str  # the key of the examples that it must not be carved apart from


@dataclass(frozen=True, slots=True)
class Bad:
    """A row that makes no example."""

    file: str
    row: int
    column: str
    value: str  # repr, shortened
    expected: str

    def __str__(self) -> str:
        return f"{self.file}, row {self.row}, column {self.column!r}: expected {self.expected}, found {self.value}"


class Taken(NamedTuple):
    """What came of the rows."""

    items: list[Item]
    bad: list[Bad]
    conventions: dict[str, str]  # by source


def take(sources: Sequence[Source], decide: Decide) -> Taken:
    """Read every row of every source."""
    taken = Taken([], [], {})
    for source in sources:
        if all(row.problem is not None for row in source.rows):  # no row has columns to tell a convention by
            taken.conventions[source.label] = "no readable row"
            taken.bad.extend(bad_at(source.label, row.number, row.problem) for row in source.rows if row.problem is not None)
            continue
        convention = decide(source)
        taken.conventions[source.label] = convention.name
        for row in source.rows:
            try:
                if row.problem is not None:
                    raise row.problem
                example = convention.example(row)
                taken.items.append(Item(example, source.split, source.label, row.number, convention.together(example)))
            except RowError as error:
                taken.bad.append(bad_at(source.label, row.number, error))
    return taken


def bad_at(file: str, row: int, error: RowError) -> Bad:
    return Bad(file, row, error.column, error.value, error.expected)


def settle(name: str, bad: Sequence[Bad], total: int, on_bad_row: OnBadRow) -> None:
    """Stop at bad rows, or say in the log how many were dropped. total: rows read.

    Raises:
        ValueError: there are bad rows and `on_bad_row` is "error", or more than half of all rows are bad.
    """
    if not bad:
        return
    others = f"; and {len(bad) - 1} more of {total} rows" if len(bad) > 1 else f" (the only one of {total} rows)"
    if on_bad_row == "error":
        raise ValueError(f"dataset {name}: {bad[0]}{others}. Correct the file, or drop such rows with dataset.on_bad_row=drop")
    if len(bad) > _MOST_BAD * total:
        raise ValueError(f"dataset {name}: {bad[0]}{others}. More than half of the rows cannot be read: expected a file of this dataset")
    log.warning("dataset %s: dropped %d of %d rows that cannot be read; the first: %s", name, len(bad), total, bad[0])
