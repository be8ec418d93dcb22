"""The plain way: batched `generate`, for models that cannot be run side by side exactly, and to check those that can."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from transformers import PreTrainedModel

from cotfaith.engine.budget import halving
from cotfaith.engine.meter import Meter
from cotfaith.engine.trees import Row, Tree


class PlainGenerator:
    """Greedy continuations, a batch at a time, padded on the left.

    alone: one row at a time, for models whose answer depends on the longest row of a batch.
    """

    def __init__(self, model: PreTrainedModel, *, stops: Sequence[int], limit: int, slots: int, alone: bool, meter: Meter, phase: str) -> None:
        self.model = model
        self.stops = sorted(stops)
        self.limit = limit
        self.alone = alone
        self.slots = 1 if alone else slots
        self.meter = meter
        self.phase = phase

    def __call__(self, rows: Sequence[Row]) -> list[list[int]]:
        """Continuations in the order of the rows, end token included where one was written."""
        order = sorted(range(len(rows)), key=lambda place: len(rows[place]))  # like lengths together
        out: list[list[int]] = [[] for _ in rows]
        for start in range(0, len(order), self.slots):
            places = order[start : start + self.slots]
            for place, ids in zip(places, halving(self._generate, [rows[place] for place in places]), strict=True):
                out[place] = ids
        return out

    def _generate(self, rows: Sequence[Row]) -> list[list[int]]:
        if self.alone:
            forget_lengths(self.model)
        longest = max(map(len, rows))
        ids = torch.full((len(rows), longest), self.stops[0], device=self.model.device)  # (B, T)
        mask = torch.zeros_like(ids)
        for place, row in enumerate(rows):
            ids[place, longest - len(row) :] = torch.tensor(row, device=ids.device)
            mask[place, longest - len(row) :] = 1
        written = self.model.generate(  # type: ignore[operator]  # a method of GenerationMixin, which PreTrainedModel does not name
            input_ids=ids,
            attention_mask=mask,
            max_new_tokens=self.limit,
            do_sample=False,
            num_beams=1,
            eos_token_id=self.stops,
            pad_token_id=self.stops[0],
        )
        steps = written.shape[1] - longest
        self.meter.count(self.phase, ids.numel() + len(rows) * (steps - 1), forwards=steps)
        return [_until_stop(row, self.stops) for row in written[:, longest:].tolist()]


def forget_lengths(model: PreTrainedModel) -> None:
    """Make dynamic rotary positions what they are on a fresh model.

    transformers 5.23 stretches them for the longest row seen, and goes back only when a row shorter than the trained length comes.
    """
    model(input_ids=torch.zeros(1, 1, dtype=torch.long, device=model.device), use_cache=False)


def plain_logits(model: PreTrainedModel, row: Row) -> torch.Tensor:
    """Logits (T, V) float32 on the CPU of one row, alone and without a cache: what every other way is held to."""
    logits: torch.Tensor = model(input_ids=torch.tensor([row], device=model.device), use_cache=False).logits[0]
    return logits.float().cpu()


def rows_of(tree: Tree) -> list[Row]:
    """The rows that a tree was grown from."""
    return [tree.trunk[: branch.keep] + branch.tail for branch in tree.branches]


def _until_stop(ids: list[int], stops: Sequence[int]) -> list[int]:
    """Cut behind the first end token; what follows is padding."""
    ends = [place for place, token in enumerate(ids) if token in stops]
    return ids[: ends[0] + 1] if ends else ids
