"""A study: questions put to both arms of one model after both have been measured.

A study asks on every process, about that process's share of the examples, and scores what was gathered from all. Adding one is a file here
that fulfils `Study` and a yaml in conf/study. It knows neither Lightning nor files: `callbacks.studying` says when, and where to.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, TypeVar

from cotfaith.analysis.gates import Gates
from cotfaith.types import Arm, Elicitation, Reasoner, Rollout

R = TypeVar("R")


class ReasonerOf(Protocol):
    """The arms of the model, and what lies between them."""

    def __call__(self, arm: Arm, *, scale: float = 1.0, elicitation: Elicitation | None = None) -> Reasoner:
        """scale: of the tuned arm's adapter; 0 is the base, 1 the adapter as it was trained. elicitation: None is that of the run."""
        ...


class Study(Protocol[R]):
    """What is asked of both arms at once, and what it comes to."""

    @property
    def name(self) -> str: ...

    @property
    def kind(self) -> type[R]:
        """The frozen dataclass of its records; `uid` and whatever else tells two records apart is in `key`."""
        ...

    @property
    def limit(self) -> int | None:
        """How many of the first examples of a dataset it asks about; None: all."""
        ...

    @property
    def weakens(self) -> bool:
        """Whether it asks for the adapter at a part of its strength, which only plain LoRA updates have (`studies.scalable`)."""
        ...

    def key(self, record: R) -> tuple[object, ...]:
        """What no two records share: several processes may have asked about one example."""
        ...

    def ask(self, reasoner_of: ReasonerOf, rollouts: Mapping[Arm, Sequence[Rollout]]) -> list[R]:
        """rollouts: what each arm wrote for the same examples, in one order."""
        ...

    def score(self, records: Sequence[R], gates: Gates, chance: float) -> dict[str, Any]:
        """Pure. Numbers, words and mappings of them, in plain JSON; NaN where a gate closed, with its reason beside.

        chance: accuracy of a model that knows nothing, a fraction in [0, 1].
        """
        ...
