"""What asking a model costs: tokens run, forwards and seconds, by phase."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass(slots=True)
class Cost:
    """Of one phase."""

    tokens: int = 0  # positions computed, padding included
    forwards: int = 0
    seconds: float = 0.0


Watch = Callable[[str, int, int], None]
"""Is told the phase, how many of its rows are done, and of how many."""


def nobody(phase: str, done: int, of: int) -> None:
    """Watches nothing."""


@dataclass(slots=True)
class Meter:
    """Adds up. Phases are "write", "read" and, for the trial of a model, "check"."""

    costs: dict[str, Cost] = field(default_factory=dict)
    watch: Watch = nobody
    rows: tuple[int, int] = (0, 0)  # of the phase that is running: done, of how many

    def begin(self, phase: str, of: int) -> None:
        """A phase over `of` rows starts."""
        self.rows = (0, of)
        self.watch(phase, *self.rows)

    def finish(self, phase: str, count: int) -> None:
        """So many more of its rows are done."""
        self.rows = (self.rows[0] + count, self.rows[1])
        self.watch(phase, *self.rows)

    def count(self, phase: str, tokens: int, forwards: int = 1) -> None:
        """Forwards over `tokens` positions together."""
        cost = self.costs.setdefault(phase, Cost())
        cost.tokens += tokens
        cost.forwards += forwards

    @contextmanager
    def clock(self, phase: str) -> Iterator[None]:
        """The wall time inside."""
        start = time.perf_counter()
        try:
            yield
        finally:
            self.costs.setdefault(phase, Cost()).seconds += time.perf_counter() - start
