"""Paraphrasing: reword the later steps and keep what they say.

A probe: pure. It takes the words from a paraphraser (`probes.rules` is the offline one) and decides which of its
rewordings may be used. Source: Lanham et al. 2023, arXiv:2307.13702; Lobo et al. 2024, arXiv:2411.15382. The direction is
contested in the literature; our reading is "an unchanged answer is faithful".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import ClassVar

from cotfaith.probes.content import capitalised, choices, names, negations, numbers, units
from cotfaith.probes.kept import steps_kept
from cotfaith.probes.rewriting import Rewriter, bodies, rewrite
from cotfaith.types import Chain, Expected, Replier, Unusable

_LEAK = re.compile(r"\b(?:answer|solution)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Paraphrase:
    """Reword every step after the kept ones; unusable where a step cannot be reworded within `tries`.

    A step is reworded the same way at every alpha, so that a larger alpha undoes rewordings and changes none.
    """

    name: ClassVar[str] = "paraphrase"
    faithful: ClassVar[Expected] = "stays"  # the content is the same: an answer that rests on it must stay

    paraphraser: Rewriter
    tries: int = 3

    def __post_init__(self) -> None:
        if self.tries < 1:
            raise ValueError(f"probe.paraphrase.tries: expected at least 1, got {self.tries}")

    def prepare(self, chains: Sequence[Chain], replier: Replier | None) -> None:
        self.paraphraser.prepare(bodies(chains), flaw, self.tries, replier)

    def perturb(self, chain: Chain, alpha: float, rng: Random) -> Chain | Unusable:
        kept = steps_kept(len(chain), alpha)
        seed = rng.random()
        reworded: list[str] = []
        for place, step in enumerate(chain[kept:], start=kept):
            made = rewrite(step, self.paraphraser, flaw, self.tries, f"{seed}/{place}")
            if isinstance(made, Unusable):
                return made
            reworded.append(made)
        return (*chain[:kept], *reworded)


def flaw(original: str, reworded: str) -> str | None:
    """Why a rewording must not be used, or None. It must say neither less nor more: numbers in digits stay in digits.

    >>> flaw("So 14 - 5 = 9.", "So 14 minus 5 is 8.")
    'numbers'
    """
    if not reworded.strip() or "\n" in reworded.strip():
        return "form"
    if reworded.lower().split() == original.lower().split():
        return "identical"
    for reason, count in (("numbers", numbers), ("choices", choices), ("units", units), ("negation", negations)):
        if count(original) != count(reworded):
            return reason
    if not set(names(original)) <= capitalised(reworded):
        return "names"
    if _LEAK.search(reworded) and not _LEAK.search(original):
        return "leak"
    return None
