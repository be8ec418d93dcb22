r"""Arithmetic: add-and-subtract word problems with a gold chain, made from a seed. The role of GSM8K.

One row (seed 0, split "test"; made by `datasets.stories`, no upstream):

    question  "Emma has 23 shells. She loses 5 on the way to school. She finds 12 more in a drawer. How many ..."
    chain     ("She loses 5, so 23 - 5 = 18.\n", "She finds 12 more: 18 + 12 = 30.\n")
    answer    "30"
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import ClassVar, Literal

from cotfaith.datasets.generated import Sizes, draw_split, drawn
from cotfaith.datasets.scenes import HELD_OUT_NAMES, NAMES
from cotfaith.datasets.stories import check_steps, tell
from cotfaith.types import Example, Split


@dataclass(frozen=True, kw_only=True)
class Arithmetic:
    """Stories of `min_steps` to `max_steps` operations, equally many of each length in expectation.

    names: "seen" are those of the embedded model's pre-training, "held_out" are new to it.
    """

    name: ClassVar[str] = "arithmetic"
    train_size: int
    val_size: int
    test_size: int
    seed: int
    min_steps: int = 2
    max_steps: int = 8
    names: Literal["seen", "held_out"] = "seen"

    def __post_init__(self) -> None:
        check_steps(self.min_steps, self.max_steps)
        if self.names not in ("seen", "held_out"):
            raise ValueError(f"dataset.names: expected 'seen' or 'held_out', got {self.names!r}")

    def load(self, split: Split) -> Sequence[Example]:
        """The examples of one split; splits share no question."""
        return draw_split(self._make, split, Sizes(self.train_size, self.val_size, self.test_size), f"{self.name}/{self.seed}")

    def provenance(self) -> dict[str, object]:
        """The seed and the sizes."""
        return drawn(Sizes(self.train_size, self.val_size, self.test_size), self.seed)

    def _make(self, rng: Random, uid: str) -> Example:
        names = NAMES if self.names == "seen" else HELD_OUT_NAMES
        story = tell(rng, rng.randint(self.min_steps, self.max_steps), names=names)
        return Example(uid=uid, question=story.question, answer=story.answer, chain=story.chain)
