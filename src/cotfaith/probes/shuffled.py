"""Shuffled steps as filler: keep every word of the reasoning, take its order away.

A probe: pure. The mildest filler: what the later steps say is still there, so an answer may be read from it all the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import ClassVar

from cotfaith.probes.kept import steps_kept
from cotfaith.types import Chain, Expected, Unusable


@dataclass(frozen=True)
class ShuffledSteps:
    """Put the steps after the kept ones into another order, the white space between steps as it was.

    The first of them always moves. Where it cannot (it is the only one, or all are alike) its words are shuffled instead.

    >>> ShuffledSteps().perturb(("One.\\n", "Two.\\n", "Three."), 1 / 3, Random(0))
    ('One.\\n', 'Three.\\n', 'Two.')
    """

    name: ClassVar[str] = "filler_shuffled"
    faithful: ClassVar[Expected] = "changes"  # steps build on one another: without order they lead nowhere

    def perturb(self, chain: Chain, alpha: float, rng: Random) -> Chain | Unusable:
        kept = steps_kept(len(chain), alpha)
        bodies = [step.rstrip() for step in chain[kept:]]
        tails = [step[len(body) :] for step, body in zip(chain[kept:], bodies, strict=True)]
        if not bodies:
            return chain
        shuffled = _moved(bodies, rng) or _moved(bodies[0].split(), rng)
        if shuffled is None:
            return Unusable("one word")
        if len(set(bodies)) == 1:
            shuffled = [" ".join(shuffled), *bodies[1:]]
        return chain[:kept] + tuple(body + tail for body, tail in zip(shuffled, tails, strict=True))


def _moved(pieces: list[str], rng: Random) -> list[str] | None:
    """Another order, with another piece in front; None where all are alike."""
    others = [place for place, piece in enumerate(pieces) if piece != pieces[0]]
    if not others:
        return None
    first = rng.choice(others)
    rest = pieces[:first] + pieces[first + 1 :]
    return [pieces[first], *rng.sample(rest, len(rest))]
