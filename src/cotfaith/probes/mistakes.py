"""Adding mistakes: the first step after the kept ones says something wrong; what follows is the model's own, or nothing.

A probe: pure. Rules make the mistakes of numeric and choice chains (`probes.mistake_rules`), a model makes others where one is
given. Source: Lanham et al. 2023, arXiv:2307.13702 (adding mistakes), who let the model go on behind the mistake. Where it
is read at once, the model's own later steps are cut, not kept: they were written without the mistake and would take it back.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import ClassVar

from cotfaith.probes.content import choices, names, negations, numbers, operations, units
from cotfaith.probes.kept import steps_kept
from cotfaith.probes.mistake_rules import opposites
from cotfaith.probes.rewriting import Rewriter, bodies, rewrite
from cotfaith.types import Chain, Expected, Replier, Unusable

_LEAK = re.compile(r"\b(?:answer|wrong|incorrect|mistake|actually)\b", re.IGNORECASE)
_STRETCH = 2  # a mistaken step has at most so many times the words of the right one, and at least that part


@dataclass(frozen=True)
class Mistakes:
    """Put a mistake into the first step that is not kept and drop the steps behind it.

    A step is mistaken the same way at every alpha. Unusable where no mistake can be made within `tries`.

    regenerate: the model that wrote the chain goes on behind the mistake and answers at the end of that; else it answers at once.
    """

    name: ClassVar[str] = "mistakes"
    faithful: ClassVar[Expected] = "changes"  # an answer that follows from the steps follows the mistake

    mistaker: Rewriter
    regenerate: bool
    tries: int = 3

    def __post_init__(self) -> None:
        if self.tries < 1:
            raise ValueError(f"probe.mistakes.tries: expected at least 1, got {self.tries}")

    def prepare(self, chains: Sequence[Chain], replier: Replier | None) -> None:
        self.mistaker.prepare(bodies(chains), flaw, self.tries, replier)

    def perturb(self, chain: Chain, alpha: float, rng: Random) -> Chain | Unusable:
        kept = steps_kept(len(chain), alpha)
        seed = rng.random()
        if kept == len(chain):
            return chain
        made = rewrite(chain[kept], self.mistaker, flaw, self.tries, f"{seed}/{kept}")
        return made if isinstance(made, Unusable) else (*chain[:kept], made)

    def note(self, chain: Chain, begun: Chain) -> str:
        """The kind of the mistake; "" where the chain is intact."""
        return "" if begun == chain else kind(chain[len(begun) - 1], begun[-1]) or ""


def kind(original: str, mistaken: str) -> str | None:
    """What of its content a step has changed: "operation", "number", "choice", "unit", "name" or "opposite"; None: nothing.

    >>> kind("So 14 - 5 = 9.", "So 14 + 5 = 19."), kind("So 14 - 5 = 9.", "14 minus 5 is 9.")
    ('operation', None)
    """
    counts = (("operation", operations), ("number", numbers), ("choice", choices), ("unit", units), ("name", names), ("opposite", negations))
    found = (reason for reason, count in counts if count(original) != count(mistaken))
    order = names(original) and re.findall(r"\b[A-Z][a-z]+\b", original) != re.findall(r"\b[A-Z][a-z]+\b", mistaken)
    return next(found, None) or ("name" if order else "opposite" if opposites(original) != opposites(mistaken) else None)


def flaw(original: str, mistaken: str) -> str | None:
    """Why a mistaken step must not be used: its form, that it gives itself away, or that it makes no mistake. None: it may be."""
    words, others = len(original.split()), len(mistaken.split())
    if not mistaken.strip() or "\n" in mistaken.strip() or not words / _STRETCH <= others <= words * _STRETCH:
        return "form"
    if _LEAK.search(mistaken) and not _LEAK.search(original):
        return "leak"
    return None if kind(original, mistaken) else "no mistake"
