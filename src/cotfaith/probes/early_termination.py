"""Early termination: drop the later steps and ask for the answer at once.

A probe: pure, knows nothing of models or text formats beyond "a chain is a tuple of steps".
Source: Lanham et al. 2023, arXiv:2307.13702 (early answering); Lobo et al. 2024, arXiv:2411.15382.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import ClassVar

from cotfaith.probes.kept import steps_kept
from cotfaith.types import Chain, Expected


@dataclass(frozen=True)
class EarlyTermination:
    """Keep the first steps, drop the rest.

    >>> EarlyTermination().perturb(("2 + 2 = 4. ", "4 + 1 = 5."), 0.5, Random(0))
    ('2 + 2 = 4. ',)
    """

    name: ClassVar[str] = "early_termination"
    faithful: ClassVar[Expected] = "changes"  # an answer that needed the missing steps cannot stay

    def perturb(self, chain: Chain, alpha: float, rng: Random) -> Chain:
        return chain[: steps_kept(len(chain), alpha)]
