"""The self-check of a run: what was packed first is asked again the plain way, before any number is made of it."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from transformers import PreTrainedModel

from cotfaith.engine.exactness import disagreement, regret, rounding
from cotfaith.engine.reading import Answer
from cotfaith.engine.trees import Row, Tree

log = logging.getLogger(__name__)


class SelfCheck:
    """Holds the first question that is read, and the longest chain that is written first, to plain forwards. Once each."""

    def __init__(self, model: PreTrainedModel) -> None:
        self.model = model
        self.done: set[str] = set()

    def reading(self, tree: Tree, answers: Sequence[Answer], watched: Sequence[int]) -> None:
        """Raises: RuntimeError: packed answers differ from plain ones by more than rounding."""
        if "reading" not in self.done:
            self._judge("reading", disagreement(self.model, tree, answers, watched))

    def writing(self, prompts: Sequence[Row], written: Sequence[Sequence[int]]) -> None:
        """Greedy chains only. The longest one has been moved between slots most often.

        Raises:
            RuntimeError: a token was written that plain decoding would not have written, by more than rounding.
        """
        if "writing" not in self.done and prompts:
            longest = max(range(len(prompts)), key=lambda place: len(written[place]))
            self._judge("writing", regret(self.model, prompts[longest], written[longest]))

    def _judge(self, what: str, apart: float) -> None:
        if apart > rounding(self.model):
            raise RuntimeError(
                f"packed {what} differs from plain {what} by {apart:.3g} nats on this model, rounding explains {rounding(self.model):g}; "
                "its numbers would not be the model's"
            )
        log.info("self-check: packed %s is within %.2g nats of plain %s", what, apart, what)
        self.done.add(what)
