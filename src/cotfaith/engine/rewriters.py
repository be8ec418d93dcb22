"""Who rewords steps and who makes mistakes, for a whole run: rules, or rules and a model (`conf/paraphraser`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from cotfaith.engine.bank import Bank
from cotfaith.probes import mistake_rules, rules
from cotfaith.probes.rewriting import ByRule, Flaw, Rewriter, RuleFirst
from cotfaith.types import Replier

_TRIAL = "So 2 + 2 = 4."  # the step that an endpoint is tried with


@dataclass(frozen=True)
class Rewriters:
    """What probes are given, by the name they ask for."""

    paraphraser: Rewriter
    mistaker: Rewriter


def by_rules() -> Rewriters:
    """Offline; a step that no rule fits is not rewritten."""
    return Rewriters(ByRule(rules.reword), ByRule(mistake_rules.mistake))


def by_model(*, bank: str, reword: Sequence[str], mistake: Sequence[str], replier: Replier | None = None) -> Rewriters:
    """A model rewords every step; mistakes are made by rules, and by the model where they find none.

    bank: the folder that keeps what it said. reword, mistake: how it is asked at each attempt, ``{step}`` where the step goes in. replier: who
    is asked; None is the run's own base model, its adapter switched off.

    Raises:
        ValueError: there is no wording, or one has no place for the step.
    """
    for name, wordings in (("reword", reword), ("mistake", mistake)):
        if not wordings:
            raise ValueError(f"paraphraser.{name}: expected at least one wording, got none")
        for wording in wordings:
            if "{step}" not in wording:
                raise ValueError(f"paraphraser.{name}: expected {{step}} where the step goes in, got {wording!r}")
    kept = Bank(Path(bank))
    if replier is not None:  # a wrong address, model or key is found before anything expensive; the bank knows the reply from then on
        kept.ask([reword[0].replace("{step}", _TRIAL)], replier)
    return Rewriters(Asked(tuple(reword), kept, replier), RuleFirst(mistake_rules.mistake, Asked(tuple(mistake), kept, replier)))


@dataclass(frozen=True)
class Asked:
    """Proposes what a model replied: greedily, so that each attempt is asked for in words of its own."""

    wordings: tuple[str, ...]
    bank: Bank
    replier: Replier | None
    replies: dict[str, str | None] = field(default_factory=dict)  # message -> reply, of all steps prepared so far

    def prepare(self, steps: Sequence[str], flaw: Flaw, tries: int, replier: Replier | None) -> None:
        """Ask about all steps at once, then again, in other words, about those whose reply has a flaw.

        Raises:
            ValueError: there is no model to ask.
        """
        asked = self.replier or replier
        if asked is None:
            raise ValueError("paraphraser=self: expected a local model to ask, found none here; choose paraphraser=rules or paraphraser=api")
        for attempt in range(min(tries, len(self.wordings))):
            messages = {step: self._message(step, attempt) for step in steps}
            self.replies.update(self.bank.ask(list(messages.values()), asked))
            steps = [step for step, message in messages.items() if (said := self.replies[message]) is None or flaw(step, said)]

    def __call__(self, step: str, attempt: int, rng: Random) -> str | None:
        return self.replies[self._message(step, attempt)] if attempt < len(self.wordings) else None

    def _message(self, step: str, attempt: int) -> str:
        return self.wordings[attempt].replace("{step}", step)
