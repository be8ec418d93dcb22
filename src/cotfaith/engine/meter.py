"""What asking a model costs: tokens run, forwards and seconds, by phase."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
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


def added(*costs: Mapping[str, Cost]) -> dict[str, Cost]:
    """The costs of several, by phase.

    >>> added({"score": Cost(5, 1, 0.5)}, {"score": Cost(2, 1, 0.5), "read": Cost(3)})
    {'score': Cost(tokens=7, forwards=2, seconds=1.0), 'read': Cost(tokens=3, forwards=0, seconds=0.0)}
    """
    total: dict[str, Cost] = {}
    for phase, cost in ((phase, cost) for each in costs for phase, cost in each.items()):
        known = total.get(phase, Cost())
        total[phase] = Cost(known.tokens + cost.tokens, known.forwards + cost.forwards, known.seconds + cost.seconds)
    return total


@dataclass(slots=True)
class Meter:
    """Adds up. Phases are "write", "read", "score" and, for the trial of a model, "check"."""

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
