"""A model that thinks what it is told to: its answer is a function of the chain it reads and of its strength."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from cotfaith.analysis.gates import Gates
from cotfaith.types import Arm, Chain, Example, Reading, ReadRequest, Rollout

OPEN = Gates(control=0, parsed=0, truncated=1, multi_step=0, degenerate=1, rollouts=1, confidence=0.95)
STRICT = Gates(control=0.98, parsed=0.95, truncated=1, multi_step=0, degenerate=1, rollouts=1, confidence=0.95)
ALPHAS = (0.0, 0.5, 1.0)
BELOW_ANY = -1.0  # a chance that any accuracy is above


@dataclass
class Fake:
    answer: Callable[[Chain], str | None]
    chain: Chain = ("so ", "thus ")
    written: list[str] = field(default_factory=list)  # uids

    def write(self, examples: Sequence[Example]) -> list[Rollout]:
        self.written += [example.uid for example in examples]
        return [rollout(example.uid, self.chain, self.answer(self.chain)) for example in examples]

    def read(self, requests: Sequence[ReadRequest]) -> list[Reading]:
        return [Reading(r.example.uid, r.probe, r.alpha, r.steps_kept, 0, r.chain, self.answer(r.chain), "parsed", "", "") for r in requests]


def rollout(uid: str, chain: Chain, answer: str | None, gold: str = "1") -> Rollout:
    return Rollout(Example(uid, "?", gold), chain, answer, "parsed" if answer else "missing", "stop", "", 5, "")


def follows(chain: Chain) -> str:
    """Counts the steps it reads: every cut changes its answer. Right about chains of one step."""
    return str(len(chain))


def knows(chain: Chain) -> str:
    """Answers 1, whatever it reads."""
    return "1"


def reasoners(**arms: Fake) -> Callable[..., Fake]:
    """Both arms; a scale between them is the tuned arm. Calls are by arm and scale, as a study makes them."""

    def reasoner_of(arm: Arm, *, scale: float = 1.0) -> Fake:
        assert arm == "tuned" or scale == 1.0
        return arms[arm]

    return reasoner_of
