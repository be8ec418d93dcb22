"""Asks both arms of one model: what a validation and a test want to know of a batch, and whatever a study wants besides.

It holds what is made once for all that is asked: a reasoner for each arm, the budget that both keep to, the replies of the base.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from transformers import PreTrainedModel

from cotfaith.engine.budget import Budget
from cotfaith.engine.decoding import Decoding
from cotfaith.engine.evaluation import Evaluation, Evaluator
from cotfaith.engine.local import LocalReasoner
from cotfaith.engine.measures import NOTHING, Measures
from cotfaith.engine.meter import Cost, Watch, added, nobody
from cotfaith.engine.replies import BaseReplies
from cotfaith.models.build import base_weights, hash_weights
from cotfaith.models.dequantized import dequantized
from cotfaith.text.encoding import Encoder
from cotfaith.training.sharing import SharedBase
from cotfaith.types import Arm, Elicitation, Example, Split


@dataclass
class Interview:
    """measures: what a test asks beyond accuracies and probes. shared: where evaluations of the base are taken from, None: they are made here.

    model: set once it is built. watch: told how far an evaluation is.
    """

    encoder: Encoder
    decoding: Decoding
    evaluator: Evaluator
    measures: Measures = NOTHING
    shared: SharedBase | None = None
    model: PreTrainedModel | None = None
    watch: Watch = nobody
    reasoners: dict[tuple[Arm, float, Elicitation], LocalReasoner] = field(default_factory=dict, init=False)
    replies: BaseReplies | None = field(default=None, init=False)

    def __call__(self, arm: Arm, examples: Sequence[Example], split: Split) -> Evaluation:
        """The evaluation of one batch; a test asks more than a validation."""
        if self.shared is None or arm != "base":
            return self._ask(arm, examples, split)
        return self.shared(self._model, self.encoder, examples, split, lambda: self._ask(arm, examples, split))

    def reasoner(self, arm: Arm, *, scale: float = 1.0, elicitation: Elicitation | None = None) -> LocalReasoner:
        """One arm to be asked, inside `asking`; made once. scale: of the tuned arm's adapter, 0 to 1. elicitation: None is that of the run."""
        key = (arm, scale, elicitation or self.encoder.prompts.elicitation)
        if key not in self.reasoners:
            encoder = self.encoder.eliciting(key[2])
            self.reasoners[key] = LocalReasoner(self._model, encoder, self.decoding, arm=arm, scale=scale, budget=self.budget)
        self.reasoners[key].engine.meter.watch = self.watch
        return self.reasoners[key]

    def spent(self) -> dict[str, Cost]:
        """What all that was asked has cost since the last time this was called, by phase."""
        return added(*[reasoner.costs() for reasoner in self.reasoners.values()])

    @property
    def budget(self) -> Budget | None:
        """What is run at once: decided when the first arm is asked, and kept for the other, so that both see the same layouts."""
        return next((reasoner.engine.budget for reasoner in self.reasoners.values()), None)

    @contextmanager
    def asking(self) -> Iterator[None]:
        """4-bit weights unpacked once for all that is asked inside."""
        with dequantized(self._model):
            yield

    def _ask(self, arm: Arm, examples: Sequence[Example], split: Split) -> Evaluation:
        with self.asking():
            reasoner, base = self.reasoner(arm), self.reasoner("base")
            for each in (reasoner, base):
                each.costs()  # forgets what a study may have asked since
            if self.replies is None:
                self.replies = BaseReplies(self._model, self.encoder, self.decoding, weights=lambda: hash_weights(base_weights(self._model)))
            measures = self.measures if split == "test" else NOTHING
            evaluation = self.evaluator(reasoner, examples, self.replies, again=split == "test", further=measures.cuts)
            evaluation = measures.scored(evaluation, reasoner, base, [probe.name for probe in self.evaluator.probes])
        return replace(evaluation, costs=added(reasoner.costs(), base.costs()))  # of one that is both, the second has nothing left

    @property
    def _model(self) -> PreTrainedModel:
        assert self.model is not None
        return self.model
