"""The engine below text: continues rows of token ids, and answers behind many rows that share their beginnings.

Usable on its own with any transformers causal LM. Models that cannot be packed exactly are found out by a trial and asked the plain way.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

import torch
from transformers import PreTrainedModel

from cotfaith.engine.arms import check_scale, switched
from cotfaith.engine.attention import evaluating, objection
from cotfaith.engine.budget import Budget, halving, shrinking
from cotfaith.engine.context import check_lengths, positions
from cotfaith.engine.decoding import Decoding, stopping
from cotfaith.engine.exactness import packs_exactly
from cotfaith.engine.meter import Meter
from cotfaith.engine.plain import PlainGenerator, forget_lengths, plain_logits
from cotfaith.engine.reading import Answer, TreeReader
from cotfaith.engine.scoring import Saying, TreeScorer, plain_score, spoken
from cotfaith.engine.selfcheck import SelfCheck
from cotfaith.engine.trees import Row, grow
from cotfaith.engine.writing import ChainWriter
from cotfaith.types import Arm

log = logging.getLogger(__name__)


class TokenEngine:
    """Asks one arm of a model; arm "base" switches its adapter off, `scale` weakens that of the tuned arm (1: as it was trained).

    stops: token ids that end a row. decode: ids to text, for stop strings. budget: what is run at once; None: decided here, to be handed
    to the engine of the other arm. meter: counts what is run, by phase.
    """

    def __init__(
        self,
        model: PreTrainedModel,
        decoding: Decoding,
        *,
        stops: Sequence[int],
        decode: Callable[[Sequence[int]], str],
        arm: Arm = "tuned",
        scale: float = 1.0,
        budget: Budget | None = None,
    ) -> None:
        check_scale(model, arm, scale)
        self.model = model
        self.decoding = decoding
        self.stops = sorted(stops)
        self.decode = decode
        self.arm = arm
        self.scale = scale
        self.meter = Meter()
        self.context = positions(model)
        self.check = SelfCheck(model)
        self.budget = self._choose(budget)

    def write(self, prompts: Sequence[Row], uids: Sequence[str]) -> list[list[int]]:
        """A continuation of each prompt, end token included where one was written. uids: seed the sampling, where there is any."""
        check_lengths(zip(uids, prompts, strict=True), self.context)
        limit = self.decoding.max_new_tokens
        self.meter.begin("write", len(prompts))
        with self._asking("write"):
            if self.budget is None:
                return self._plain("write", limit)(prompts)
            written = self._write(prompts, uids, limit, self.budget)
            if self.decoding.self_check and self.decoding.temperature == 0:
                self.check.writing(prompts, written)
            return written

    def read(self, examples: Sequence[Sequence[Row]], watched: Sequence[int] = (), uids: Sequence[str] = ()) -> dict[Row, Answer]:
        """The greedy answer behind each row; the rows of one example, all different, share their beginning.

        watched: token ids whose log-probability is taken at the first position of each answer. uids: name the examples in errors.
        """
        names = uids or [str(place) for place in range(len(examples))]
        check_lengths(((name, row) for name, rows in zip(names, examples, strict=True) for row in rows), self.context)
        limit = self.decoding.answer_tokens
        self.meter.begin("read", sum(map(len, examples)))
        with self._asking("read"):
            if self.budget is None:
                rows = [row for each in examples for row in each]
                written = self._plain("read", limit)(rows)
                return {row: Answer(tuple(ids), self._logprobs(row, watched)) for row, ids in zip(rows, written, strict=True)}
            return self._read([rows for rows in examples if rows], watched, limit, self.budget)

    def score(self, examples: Sequence[Sequence[Saying]], uids: Sequence[str] = ()) -> dict[Saying, float]:
        """Log-probability of the words of each saying behind its row, in nats; the rows of one example share their beginning.

        The longer the words the lower it is. Packed where `read` packs, and the sayings of one example are all different. uids: name the
        examples in errors.
        """
        names = uids or [str(place) for place in range(len(examples))]
        check_lengths(((name, row + words[:-1]) for name, each in zip(names, examples, strict=True) for row, words in each), self.context)
        with self._asking("score"):
            if self.budget is None:
                sayings = [saying for each in examples for saying in each]
                return {saying: self._score_alone(saying) for saying in sayings}
            return self._score([each for each in examples if each], self.budget)

    def _choose(self, budget: Budget | None) -> Budget | None:
        """The budget of a model that packs. None: its rows are asked one at a time, for nothing is known of how they would bear padding."""
        with self._asking("check"):
            reason = objection(self.model) or (
                None if packs_exactly(self.model) else "a trial, in which packed rows were not read as single ones are"
            )
            if reason is None and budget is None:
                budget = Budget.of(self.model, self.decoding.memory_gib)
                log.info("what is run at once, in both arms: %s", budget)
        if reason is None:
            return budget
        log.warning("rows of this model are not packed because of %s: it is asked by plain generation", reason)
        if self.decoding.temperature > 0 or self.decoding.stop_strings:
            raise ValueError(f"engine.temperature and engine.stop_strings: expected 0 and none, this model takes plain generation only ({reason})")
        return None

    def _write(self, prompts: Sequence[Row], uids: Sequence[str], limit: int, budget: Budget) -> list[list[int]]:
        """Where memory runs out, again in half the slots: the rows do not depend on how many are written at once."""
        ends = stopping(self.decoding.stop_strings, self.decode)
        writer = ChainWriter(self.model, stops=self.stops, ends=ends, limit=limit, context=self.context, abreast=budget.abreast, meter=self.meter)
        slots = budget.slots(max(map(len, prompts), default=0), limit, min(self.decoding.batch_size, max(1, len(prompts))))

        def run(slots: int) -> list[list[int]]:
            self.meter.begin("write", len(prompts))  # again where memory ran out: all rows are
            return writer(prompts, self.decoding.pick(uids), slots)

        return shrinking(run, slots)

    def _read(self, examples: Sequence[Sequence[Row]], watched: Sequence[int], limit: int, budget: Budget) -> dict[Row, Answer]:
        """Where memory runs out, fewer questions side by side; then shorter portions of a single one's tails."""
        reader = TreeReader(self.model, stops=self.stops, limit=limit, context=self.context, watched=watched, meter=self.meter)
        trees = [grow(rows) for rows in examples]

        def run(places: Sequence[int]) -> list[list[Answer]]:
            asked = [trees[place] for place in places]
            return reader(asked, budget.tails) if len(asked) > 1 else shrinking(lambda tails: reader(asked, tails), budget.tails)

        answers: dict[Row, Answer] = {}
        for group in budget.groups(trees, limit):
            for place, of_tree in zip(group, halving(run, group), strict=True):
                if self.decoding.self_check:
                    self.check.reading(trees[place], of_tree, watched)
                answers |= dict(zip(examples[place], of_tree, strict=True))
                self.meter.finish("read", len(of_tree))
        return answers

    def _score(self, examples: Sequence[Sequence[Saying]], budget: Budget) -> dict[Saying, float]:
        """Where memory runs out, as in reading."""
        longest = max((len(words) for each in examples for _, words in each), default=0)
        budget = replace(budget, logits=budget.logits * longest)  # every token of the words shows its logits
        scorer = TreeScorer(self.model, context=self.context, meter=self.meter)

        def run(places: Sequence[int]) -> list[list[float]]:
            asked = [examples[place] for place in places]
            return scorer(asked, budget.tails) if len(asked) > 1 else shrinking(lambda tails: scorer(asked, tails), budget.tails)

        found: dict[Saying, float] = {}
        for group in budget.groups([spoken(each) for each in examples], limit=0):
            for place, scores in zip(group, halving(run, group), strict=True):
                found |= dict(zip(examples[place], scores, strict=True))
        return found

    def _plain(self, phase: str, limit: int) -> PlainGenerator:
        return PlainGenerator(self.model, stops=self.stops, limit=limit, context=self.context, meter=self.meter, phase=phase)

    def _logprobs(self, row: Row, watched: Sequence[int]) -> torch.Tensor:
        if not watched:
            return torch.zeros(0)
        forget_lengths(self.model)
        self.meter.count("read", len(row))
        return plain_logits(self.model, row, 1)[0].log_softmax(-1)[list(watched)]

    def _score_alone(self, saying: Saying) -> float:
        forget_lengths(self.model)
        self.meter.count("score", len(saying[0]) + len(saying[1]) - 1)
        return plain_score(self.model, saying)

    @contextmanager
    def _asking(self, phase: str) -> Iterator[None]:
        with self.meter.clock(phase), evaluating(self.model), switched(self.model, self.arm, self.scale):
            yield
