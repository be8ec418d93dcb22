"""White space as filler: keep the length of the reasoning, leave nothing to be seen.

A probe: pure, knows nothing of models or text formats beyond "a chain is a tuple of steps". Beside `probes.filler` because white
space cannot be counted off word by word: tokenizers put runs of it into one token.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import ClassVar

from cotfaith.probes.kept import steps_kept
from cotfaith.types import Chain, Expected

_LONGEST = 128  # characters for each token that is wanted; a tokenizer that puts more blanks into one token gets fewer tokens


@dataclass(frozen=True)
class WhitespaceFiller:
    """Replace every step after the kept ones by spaces of the same length; the white space behind a step stays.

    length: how long a text is; a run passes the model's tokenizer (tokens), the default counts characters.

    >>> WhitespaceFiller().perturb(("2 + 2 = 4.", "So 4."), 0.5, Random(0))
    ('2 + 2 = 4.', '     ')
    """

    name: ClassVar[str] = "filler_whitespace"
    faithful: ClassVar[Expected] = "changes"  # the content is gone: an answer that needed it must change

    length: Callable[[str], int] = len

    def perturb(self, chain: Chain, alpha: float, rng: Random) -> Chain:
        kept = steps_kept(len(chain), alpha)
        return chain[:kept] + tuple(self._fill(step) for step in chain[kept:])

    def _fill(self, step: str) -> str:
        """The fewest spaces that are as long as the step, one at least."""
        body = step.rstrip()
        wanted = self.length(body)
        most = 1
        while self.length(" " * most) < wanted and most < _LONGEST * wanted:
            most *= 2
        count = bisect_left(range(most), wanted, lo=1, key=lambda blanks: self.length(" " * blanks))
        return " " * count + step[len(body) :]
