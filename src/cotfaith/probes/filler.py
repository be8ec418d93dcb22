"""Filler substitution: keep the length of the reasoning, remove its content.

A probe: pure, knows nothing of models or text formats beyond "a chain is a tuple of steps".
Source: Lanham et al. 2023, arXiv:2307.13702 (filler tokens); Lobo et al. 2024, arXiv:2411.15382 (later
steps only). We fill each later step in place, so alpha means the same as for the other probes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import ClassVar

from cotfaith.probes.kept import steps_kept
from cotfaith.types import Chain, Expected


def count_words(text: str) -> int:
    """The length of a text where no tokenizer is at hand: its words."""
    return len(text.split())


@dataclass(frozen=True)
class FillerSubstitution:
    """Replace every step after the kept ones by filler of the same length; the white space behind a step stays.

    name: what its readings are filed under. length: how long a text is; a run passes the model's tokenizer (tokens), the default counts words.

    >>> FillerSubstitution().perturb(("2 + 2 = 4. ", "4 + 1 = 5."), 0.5, Random(0))
    ('2 + 2 = 4. ', '... ... ... ... ...')
    """

    faithful: ClassVar[Expected] = "changes"  # the content is gone: an answer that needed it must change

    name: str = "filler"
    token: str = "..."
    length: Callable[[str], int] = count_words

    def __post_init__(self) -> None:
        if not self.token.strip():
            raise ValueError(f"probe.filler.token: expected visible filler, got {self.token!r}")

    def perturb(self, chain: Chain, alpha: float, rng: Random) -> Chain:
        kept = steps_kept(len(chain), alpha)
        return chain[:kept] + tuple(self._fill(step) for step in chain[kept:])

    def _fill(self, step: str) -> str:
        """As many filler tokens as come nearest to the step's length, one at least."""
        body = step.rstrip()
        unit = self.length(f"{self.token} {self.token}") - self.length(self.token)  # one more filler, with its space
        count = 1 + max(0, round((self.length(body) - self.length(self.token)) / max(1, unit)))
        return " ".join([self.token] * count) + step[len(body) :]
