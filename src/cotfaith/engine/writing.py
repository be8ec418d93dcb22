"""Chains written by a loop of our own: a row that ends leaves its slot to the next prompt, instead of waiting for the longest.

The past of all slots ends at the same column, so that a step appends one; what lies before a row's own start is masked.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor
from transformers import DynamicCache, PreTrainedModel

from cotfaith.engine.cache import KeysValues, layers, slabs
from cotfaith.engine.forward import Forward
from cotfaith.engine.meter import Meter
from cotfaith.engine.trees import Row

Pick = Callable[[Tensor, Sequence[tuple[int, int]]], list[int]]
"""Chooses the next token ids from logits (B, V); for each row the place of its prompt and how many tokens it has written."""

_IDLE = 0.25  # share of the slots that may stand idle before the others are moved together, which copies their past


@dataclass(slots=True)
class _Writer:
    """A row that is being written, or has just ended."""

    place: int  # of its prompt
    prompt: int  # tokens
    ids: list[int] = field(default_factory=list)  # written so far; the last one has not been run
    ended: bool = False

    @property
    def past(self) -> int:
        """Tokens that have been run, which is also the position of the next."""
        return self.prompt + max(0, len(self.ids) - 1)


class ChainWriter:
    """Continues prompts on a model that `objection` has nothing against.

    stops: token ids that end a row. ends: whether what is written ends it, as a stop string does. limit: most tokens of a row.
    slots: rows at once.
    """

    def __init__(
        self, model: PreTrainedModel, *, stops: Sequence[int], ends: Callable[[Sequence[int]], bool], limit: int, slots: int, meter: Meter
    ) -> None:
        self.forward = Forward(model, meter, "write")
        self.stops = frozenset(stops)
        self.ends = ends
        self.limit = limit
        self.slots = slots

    def __call__(self, prompts: Sequence[Row], pick: Pick) -> list[list[int]]:
        """Continuations in the order of the prompts, end token included where one was written."""
        waiting = sorted(range(len(prompts)), key=lambda place: len(prompts[place]))  # taken from the end: long prompts, long chains
        out: list[list[int]] = [[] for _ in prompts]
        writers: list[_Writer] = []
        past: list[KeysValues] = []
        while waiting or writers:
            newcomers = [
                _Writer(place, len(prompts[place])) for place in (waiting.pop() for _ in range(min(len(waiting), self.slots - len(writers))))
            ]
            parts = [_own(past, [writer.past for writer in writers])] if writers else []
            parts += [self._begin(newcomers, prompts, pick)] if newcomers else []
            writers += newcomers
            past = self._go_on(writers, _joined(parts), pick)
            for writer in writers:
                out[writer.place] = writer.ids
            stay = [row for row, writer in enumerate(writers) if not writer.ended]
            past = [(keys[stay], values[stay]) for keys, values in past]
            writers = [writers[row] for row in stay]
        return out

    def _begin(self, newcomers: Sequence[_Writer], prompts: Sequence[Row], pick: Pick) -> list[list[KeysValues]]:
        """Run prompts and write their first tokens; the past of each row, (heads, T, size), layer by layer."""
        last = torch.zeros(len(newcomers), max(writer.prompt for writer in newcomers), dtype=torch.bool)
        for row, writer in enumerate(newcomers):
            last[row, writer.prompt - 1] = True
        cache = DynamicCache()
        _, logits = self.forward.start([prompts[writer.place] for writer in newcomers], cache, keep=last)
        self._append(newcomers, pick, logits)
        return [[(k[row, :, : w.prompt], v[row, :, : w.prompt]) for row, w in enumerate(newcomers)] for k, v in layers(cache)]

    def _go_on(self, writers: Sequence[_Writer], past: list[KeysValues], pick: Pick) -> list[KeysValues]:
        """Write until enough rows have ended; the past of all rows."""
        cache = slabs(past, room=64)
        while sum(writer.ended for writer in writers) < max(1, _IDLE * len(writers)):
            length = cache.get_seq_length()
            starts = torch.tensor([length - writer.past for writer in writers])[:, None]
            columns = torch.arange(length + 1).expand(len(writers), -1)
            ids = torch.tensor([[writer.ids[-1]] for writer in writers])
            see = (columns >= starts)[:, None] if starts.any() or self.forward.visibility.window is not None else None  # (B, 1, L + 1)
            logits = self.forward(ids, length - starts, columns - starts, see, cache, keep=1)
            self._append(writers, pick, logits[:, -1])
        return layers(cache)

    def _append(self, writers: Sequence[_Writer], pick: Pick, logits: Tensor) -> None:
        """Write the next token of each row that has not ended."""
        for writer, token in zip(writers, pick(logits, [(writer.place, len(writer.ids)) for writer in writers]), strict=True):
            if not writer.ended:
                writer.ids.append(token)
                writer.ended = token in self.stops or len(writer.ids) == self.limit or self.ends(writer.ids)
                if writer.ended:
                    self.forward.meter.finish("write", 1)


def _own(past: Sequence[KeysValues], lengths: Sequence[int]) -> list[list[KeysValues]]:
    """Layer by layer, each row's own past (heads, T, size), which ends where the common one ends."""
    return [[(k[row, :, k.shape[2] - n :], v[row, :, v.shape[2] - n :]) for row, n in enumerate(lengths)] for k, v in past]


def _joined(parts: Sequence[Sequence[Sequence[KeysValues]]]) -> list[KeysValues]:
    """The rows of all parts as one past per layer, (B, heads, T, size), ending at the same column and zero before."""
    return [
        (_flush([k for k, _ in rows]), _flush([v for _, v in rows]))
        for rows in ([row for part in layer for row in part] for layer in zip(*parts, strict=True))
    ]


def _flush(rows: Sequence[Tensor]) -> Tensor:
    longest = max(row.shape[1] for row in rows)
    out = rows[0].new_zeros((len(rows), rows[0].shape[0], longest, rows[0].shape[2]))
    for place, row in enumerate(rows):
        out[place, :, longest - row.shape[1] :] = row
    return out
