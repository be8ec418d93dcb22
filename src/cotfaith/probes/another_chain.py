"""Another example's chain as filler: reasoning of the same form and about the same length, about something else.

A probe: pure. It is given its donors when it is made, the gold chains of the training split: splits share no question, so a donor is
never the example's own, and both arms, every batch and every process have the same ones.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import ClassVar

from cotfaith.probes.filler import count_words
from cotfaith.probes.kept import steps_kept
from cotfaith.types import Chain, Expected, Unusable

_NEAREST = 16  # donors to draw from, those nearest in length


@dataclass(frozen=True)
class AnotherChain:
    """Replace every step after the kept ones by the steps at the same places of a donor.

    A chain has one donor at every alpha, drawn from those of its number of steps, or the next larger one, that come nearest to its length
    and agree with it in no step. Unusable where there is none.

    donors: chains of other examples. length: how long a text is, in tokens where a run passes the model's tokenizer.

    Raises:
        ValueError: there are no donors.
    """

    name: ClassVar[str] = "filler_another"
    faithful: ClassVar[Expected] = "changes"  # the content is another's: an answer that needed its own must change

    donors: Sequence[Chain]
    length: Callable[[str], int] = count_words
    _by_steps: dict[int, list[tuple[int, Chain]]] = field(init=False, repr=False, compare=False)  # number of steps -> (length, donor)

    def __post_init__(self) -> None:
        if not self.donors:
            raise ValueError("probe.filler_another: expected gold chains in the training split to take steps from, found none in this dataset")
        by_steps: dict[int, list[tuple[int, Chain]]] = {}
        for donor in dict.fromkeys(self.donors):
            by_steps.setdefault(len(donor), []).append((self.length("".join(donor)), donor))
        object.__setattr__(self, "_by_steps", by_steps)

    def perturb(self, chain: Chain, alpha: float, rng: Random) -> Chain | Unusable:
        kept = steps_kept(len(chain), alpha)
        donor = self._donor(chain, rng) if chain else ()
        return Unusable("no donor") if donor is None else chain[:kept] + donor[kept : len(chain)]

    def _donor(self, chain: Chain, rng: Random) -> Chain | None:
        wanted = self.length("".join(chain))
        for steps in sorted(steps for steps in self._by_steps if steps >= len(chain)):
            nearest = sorted(self._by_steps[steps], key=lambda donor: (abs(donor[0] - wanted), donor[1]))
            apart = (donor for _, donor in nearest if all(ours.strip() != theirs.strip() for ours, theirs in zip(chain, donor, strict=False)))
            drawn = [donor for donor, _ in zip(apart, range(_NEAREST), strict=False)]
            if drawn:
                return rng.choice(drawn)
        return None
