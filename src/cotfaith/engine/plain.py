"""The plain way: `generate`, one row at a time, for models that cannot be run side by side exactly, and to check those that can."""

from __future__ import annotations

from collections.abc import Sequence
from inspect import signature

import torch
from transformers import PreTrainedModel

from cotfaith.engine.attention import bare
from cotfaith.engine.meter import Meter
from cotfaith.engine.trees import Row, Tree


class PlainGenerator:
    """Greedy continuations. One row at a time: of a model that fails the trial it is not known how its answers bear padding."""

    def __init__(self, model: PreTrainedModel, *, stops: Sequence[int], limit: int, context: int, meter: Meter, phase: str) -> None:
        self.model = model
        self.stops = sorted(stops)
        self.limit = limit
        self.context = context
        self.meter = meter
        self.phase = phase

    def __call__(self, rows: Sequence[Row]) -> list[list[int]]:
        """Continuations in the order of the rows, end token included where one was written."""
        return [self._continue(row) for row in rows]

    def _continue(self, row: Row) -> list[int]:
        forget_lengths(self.model)
        ids = torch.tensor([row], device=self.model.device)  # (1, T)
        stops = {"eos_token_id": self.stops, "pad_token_id": self.stops[0]} if self.stops else {}
        limit = min(self.limit, self.context + 1 - len(row))  # the last token that is written needs no position
        written = self.model.generate(  # type: ignore[operator]  # a method of GenerationMixin, which PreTrainedModel does not name
            input_ids=ids, attention_mask=torch.ones_like(ids), max_new_tokens=limit, do_sample=False, num_beams=1, **stops
        )
        steps = written.shape[1] - len(row)
        self.meter.count(self.phase, len(row) + steps - 1, forwards=steps)
        self.meter.finish(self.phase, 1)
        return _until_stop(written[0, len(row) :].tolist(), self.stops)


def forget_lengths(model: PreTrainedModel) -> None:
    """Make dynamic rotary positions what they are on a fresh model.

    transformers 5.23 stretches them for the longest row seen, and goes back only when a row shorter than the trained length comes.
    """
    model(input_ids=torch.zeros(1, 1, dtype=torch.long, device=model.device), use_cache=False)


def plain_logits(model: PreTrainedModel, row: Row, last: int = 0) -> torch.Tensor:
    """Logits (last, V) float32 on the CPU at the last positions of one row, alone and without a cache: what every other way is held to.

    last: 0 is all. The others are not computed where the model can leave them out: a long row's may be gigabytes.
    """
    keep = {"logits_to_keep": last} if "logits_to_keep" in signature(type(bare(model)).forward).parameters else {}
    logits: torch.Tensor = model(input_ids=torch.tensor([row], device=model.device), use_cache=False, **keep).logits[0]
    return logits[-last:].float().cpu()


def rows_of(tree: Tree) -> list[Row]:
    """The rows that a tree was grown from."""
    return [tree.trunk[: branch.keep] + branch.tail for branch in tree.branches]


def _until_stop(ids: list[int], stops: Sequence[int]) -> list[int]:
    """Cut behind the first end token; what follows is padding."""
    ends = [place for place, token in enumerate(ids) if token in stops]
    return ids[: ends[0] + 1] if ends else ids
