"""One step put into other words by whoever does it, and checked: what paraphrasing and adding mistakes share.

A rewriter proposes, a check refuses with a reason, and the rewriter is asked again. Nothing is used that was refused.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Protocol

from cotfaith.types import Chain, Replier, Unusable

Rule = Callable[[str, Random], str | None]
"""One step, without the white space around it, to another text; None where it finds none."""
Flaw = Callable[[str, str], str | None]
"""Why a rewritten step (second) must not be used in place of the original (first), in a word; None: it may be."""

NOTHING_FOUND = "no proposal"


class Rewriter(Protocol):
    """Proposes other texts for a step, one for each attempt."""

    def prepare(self, steps: Sequence[str], flaw: Flaw, tries: int, replier: Replier | None) -> None:
        """Have ready what will be asked about these steps. replier: the run's own base model, where there is one."""
        ...

    def __call__(self, step: str, attempt: int, rng: Random) -> str | None:
        """attempt: 0 for the first. rng: seeded for this step and attempt."""
        ...


@dataclass(frozen=True)
class ByRule:
    """Proposes what a rule finds; each attempt draws anew."""

    rule: Rule

    def prepare(self, steps: Sequence[str], flaw: Flaw, tries: int, replier: Replier | None) -> None:
        """A rule needs no preparation."""

    def __call__(self, step: str, attempt: int, rng: Random) -> str | None:
        return self.rule(step, rng)


@dataclass(frozen=True)
class RuleFirst:
    """Proposes what a rule finds, and where it finds nothing what another rewriter does. Whether it does must not depend on chance."""

    rule: Rule
    otherwise: Rewriter

    def prepare(self, steps: Sequence[str], flaw: Flaw, tries: int, replier: Replier | None) -> None:
        self.otherwise.prepare([step for step in steps if self.rule(step, Random(0)) is None], flaw, tries, replier)

    def __call__(self, step: str, attempt: int, rng: Random) -> str | None:
        made = ByRule(self.rule)(step, attempt, rng)
        return self.otherwise(step, attempt, rng) if made is None else made


def rewrite(step: str, rewriter: Rewriter, flaw: Flaw, tries: int, seed: str) -> str | Unusable:
    """The first proposal without a flaw, the white space around the step as it was; else why the last one was refused."""
    body = step.strip()
    lead, tail = step[: len(step) - len(step.lstrip())], step[len(step.rstrip()) :]
    reason = NOTHING_FOUND
    for attempt in range(tries):
        proposed = rewriter(body, attempt, Random(f"{seed}/{attempt}"))
        if proposed is not None:
            found = flaw(body, proposed)
            if found is None:
                return f"{lead}{proposed}{tail}"
            reason = found
    return Unusable(reason)


def bodies(chains: Sequence[Chain]) -> list[str]:
    """The different steps of all chains, as a rewriter is given them."""
    return list(dict.fromkeys(step.strip() for chain in chains for step in chain))
