"""What asking a model costs: tokens run, forwards and seconds, by phase."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass(slots=True)
class Cost:
    """Of one phase."""

    tokens: int = 0  # positions computed, padding included
    forwards: int = 0
    seconds: float = 0.0


@dataclass(slots=True)
class Meter:
    """Adds up. Phases are "write", "read", "score" and, for the trial of a model, "check"."""

    costs: dict[str, Cost] = field(default_factory=dict)

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
