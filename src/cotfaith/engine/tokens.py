"""The engine below text: continues rows of token ids, and answers behind many rows that share their beginnings.

Usable on its own with any transformers causal LM. Models that cannot be packed exactly are found out by a trial and asked the plain way.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext

import torch
from peft import PeftModel
from transformers import PreTrainedModel

from cotfaith.engine.attention import evaluating, objection
from cotfaith.engine.budget import Budget, halving
from cotfaith.engine.decoding import Decoding, stopping
from cotfaith.engine.exactness import disagreement, packs_exactly, rounding
from cotfaith.engine.meter import Meter
from cotfaith.engine.plain import PlainGenerator, forget_lengths, plain_logits
from cotfaith.engine.reading import Answer, TreeReader
from cotfaith.engine.trees import Row, Tree, grow
from cotfaith.engine.writing import ChainWriter
from cotfaith.types import Arm

log = logging.getLogger(__name__)


class TokenEngine:
    """Asks one arm of a model; arm "base" switches its adapter off.

    stops: token ids that end a row. decode: ids to text, for stop strings. meter: counts what is run, by phase.
    """

    def __init__(
        self, model: PreTrainedModel, decoding: Decoding, *, stops: Sequence[int], decode: Callable[[Sequence[int]], str], arm: Arm = "tuned"
    ) -> None:
        self.model = model
        self.decoding = decoding
        self.stops = sorted(stops)
        self.decode = decode
        self.arm = arm
        self.meter = Meter()
        self._unchecked = decoding.self_check
        self._packs = True  # else rows are asked the plain way, one at a time: nothing is known of how they would bear padding
        self._choose()

    def write(self, prompts: Sequence[Row], uids: Sequence[str]) -> list[list[int]]:
        """A continuation of each prompt, end token included where one was written. uids: seed the sampling, where there is any."""
        limit = self.decoding.max_new_tokens
        self.meter.begin("write", len(prompts))
        with self._asking("write"):
            if not self._packs:
                return self._plain("write", limit)(prompts)
            slots = Budget.of(self.model, self.decoding.memory_gib).slots(max(map(len, prompts), default=0), limit, self.decoding.batch_size)
            return self._write(prompts, uids, limit, slots)

    def read(self, examples: Sequence[Sequence[Row]], watched: Sequence[int] = ()) -> dict[Row, Answer]:
        """The greedy answer behind each row; the rows of one example, all different, share their beginning.

        watched: token ids whose log-probability is taken at the first position of each answer.
        """
        limit = self.decoding.answer_tokens
        self.meter.begin("read", sum(map(len, examples)))
        with self._asking("read"):
            if not self._packs:
                rows = [row for each in examples for row in each]
                written = self._plain("read", limit)(rows)
                return {row: Answer(tuple(ids), self._logprobs(row, watched)) for row, ids in zip(rows, written, strict=True)}
            return self._read([grow(rows) for rows in examples], examples, watched, limit)

    def _choose(self) -> None:
        with self._asking("check"):
            reason = objection(self.model) or (
                None if packs_exactly(self.model) else "a trial, in which packed rows were not read as single ones are"
            )
        if reason is not None:
            self._packs = False
            log.warning("rows of this model are not packed because of %s: it is asked by plain generation", reason)
            if self.decoding.temperature > 0 or self.decoding.stop_strings:
                raise ValueError(
                    f"engine.temperature and engine.stop_strings: expected 0 and none, this model takes plain generation only ({reason})"
                )

    def _write(self, prompts: Sequence[Row], uids: Sequence[str], limit: int, slots: int) -> list[list[int]]:
        """Where memory runs out, again in halves: the rows do not depend on how many are written at once."""
        ends = stopping(self.decoding.stop_strings, self.decode)
        writer = ChainWriter(self.model, stops=self.stops, ends=ends, limit=limit, slots=slots, meter=self.meter)
        return halving(lambda places: writer([prompts[p] for p in places], self.decoding.pick([uids[p] for p in places])), range(len(prompts)))

    def _read(self, trees: Sequence[Tree], examples: Sequence[Sequence[Row]], watched: Sequence[int], limit: int) -> dict[Row, Answer]:
        budget = Budget.of(self.model, self.decoding.memory_gib)
        reader = TreeReader(self.model, stops=self.stops, limit=limit, watched=watched, tail_budget=budget.tails, meter=self.meter)
        answers: dict[Row, Answer] = {}
        for group in budget.groups(trees, limit):
            for place, of_tree in zip(group, halving(reader, [trees[place] for place in group]), strict=True):
                self._check(trees[place], of_tree, watched)
                answers |= dict(zip(examples[place], of_tree, strict=True))
                self.meter.finish("read", len(of_tree))
        return answers

    def _check(self, tree: Tree, answers: Sequence[Answer], watched: Sequence[int]) -> None:
        """Hold the first question that is read to plain reading.

        Raises:
            RuntimeError: they differ by more than rounding.
        """
        if self._unchecked:
            apart = disagreement(self.model, tree, answers, watched)
            if apart > rounding(self.model):
                raise RuntimeError(
                    f"packed reading differs from plain reading by {apart:.3g} nats on this model, rounding explains {rounding(self.model):g}; "
                    "its numbers would not be the model's"
                )
            self._unchecked = False

    def _plain(self, phase: str, limit: int) -> PlainGenerator:
        return PlainGenerator(self.model, stops=self.stops, limit=limit, meter=self.meter, phase=phase)

    def _logprobs(self, row: Row, watched: Sequence[int]) -> torch.Tensor:
        if not watched:
            return torch.zeros(0)
        forget_lengths(self.model)
        return plain_logits(self.model, row)[-1].log_softmax(-1)[list(watched)]

    @contextmanager
    def _asking(self, phase: str) -> Iterator[None]:
        base = self.model.disable_adapter() if self.arm == "base" and isinstance(self.model, PeftModel) else nullcontext()
        with self.meter.clock(phase), evaluating(self.model), base:
            yield
