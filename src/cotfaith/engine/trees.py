"""Rows of token ids that share their beginnings, as trees: what is common is run once. Pure; knows no model.

A tree is a trunk and its branches; a branch keeps the first tokens of the trunk and goes on with a tail of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise, takewhile

Row = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Branch:
    """The row ``trunk[:keep] + tail``; the answer is decoded behind it."""

    keep: int
    tail: Row  # at least one token


@dataclass(frozen=True, slots=True)
class Tree:
    """Different rows of one question."""

    trunk: Row
    branches: tuple[Branch, ...]

    @property
    def tokens(self) -> int:
        """The least number of tokens that any exact way of reading all branches must run, before the answers."""
        return len(self.trunk) + sum(len(branch.tail) for branch in self.branches)


def grow(rows: Sequence[Row]) -> Tree:
    """The tree of these different rows with the fewest tokens among those whose trunk is the beginning of one row.

    >>> grow([(1, 2, 3, 9), (1, 2, 9), (1, 2, 3, 4, 9)])
    Tree(trunk=(1, 2, 3), branches=(Branch(keep=3, tail=(9,)), Branch(keep=2, tail=(9,)), Branch(keep=3, tail=(4, 9))))
    """
    shared = _shared(rows)
    candidates = [_fork(rows, shared[place], place) for place in range(len(rows))]
    return min(candidates, key=lambda tree: tree.tokens)


def _fork(rows: Sequence[Row], shared: Sequence[int], stem: int) -> Tree:
    """The tree along the row `stem`; shared: tokens that each row has in common with it."""
    keeps = [min(common, len(row) - 1) for row, common in zip(rows, shared, strict=True)]
    reach = max((keep for place, keep in enumerate(keeps) if place != stem), default=keeps[stem])
    keeps[stem] = min(reach, len(rows[stem]) - 1)
    return Tree(rows[stem][:reach], tuple(Branch(keep, row[keep:]) for keep, row in zip(keeps, rows, strict=True)))


def _shared(rows: Sequence[Row]) -> list[list[int]]:
    """Length of the common beginning of every two rows: in sorted order it is the least one in between."""
    order = sorted(range(len(rows)), key=lambda place: rows[place])
    common = [sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(rows[a], rows[b], strict=False))) for a, b in pairwise(order)]
    table = [[len(row)] * len(rows) for row in rows]
    for start, first in enumerate(order):
        least = len(rows[first])
        for step, after in enumerate(order[start + 1 :], start):
            least = min(least, common[step])
            table[first][after] = table[after][first] = least
    return table


def portions(tree: Tree, budget: int) -> list[list[int]]:
    """Places of the branches in portions of at most `budget` tail tokens, like lengths together; a longer tail goes alone."""
    out: list[list[int]] = []
    filled = budget
    for place in sorted(range(len(tree.branches)), key=lambda place: len(tree.branches[place].tail)):
        size = len(tree.branches[place].tail)
        if filled + size > budget:
            out.append([])
            filled = 0
        out[-1].append(place)
        filled += size
    return out
