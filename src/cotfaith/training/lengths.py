"""How long the texts of a dataset are in the tokens of a model, before anything is trained on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Lengths:
    """Of a number of texts, in tokens."""

    median: int
    nearly_all: int  # 95 % are at most so long
    longest: int

    @classmethod
    def of(cls, lengths: Sequence[int]) -> Lengths:
        """The order statistics of at least one length.

        >>> Lengths.of([5, 1, 3])
        Lengths(median=3, nearly_all=5, longest=5)
        """
        ranked = sorted(lengths)
        return cls(ranked[(len(ranked) - 1) // 2], ranked[-(-95 * len(ranked) // 100) - 1], ranked[-1])

    def __str__(self) -> str:
        return f"{self.median} / {self.nearly_all} / {self.longest}"
