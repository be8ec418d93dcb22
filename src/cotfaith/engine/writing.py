"""Chains written by a loop of our own: a row that ends leaves its slot to the next prompt, instead of waiting for the longest.

The past of all slots ends at the same column, so that a step appends one; what lies before a row's own start is masked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor
from transformers import DynamicCache, PreTrainedModel
from transformers.cache_utils import Cache

from cotfaith.engine.cache import Rows, gathered
from cotfaith.engine.forward import Forward
from cotfaith.engine.meter import Meter
from cotfaith.engine.trees import Row

Pick = Callable[[Tensor, Sequence[tuple[int, int]]], list[int]]
"""Chooses the next token ids from logits (B, V); for each row the place of its prompt and how many tokens it has written."""

_IDLE = 0.125  # share of the slots that may stand idle before the others are moved together, which copies their past
_ROOM = 64  # tokens that a row writes before its past is copied to grow


@dataclass(slots=True)
class _Writer:
    """A row that is being written, or has just ended."""

    place: int  # of its prompt
    prompt: int  # tokens
    limit: int  # tokens to write, at most
    ids: list[int] = field(default_factory=list)  # written so far; the last one has not been run
    ended: bool = False

    @property
    def past(self) -> int:
        """Tokens that have been run, which is also the position of the next."""
        return self.prompt + max(0, len(self.ids) - 1)


class ChainWriter:
    """Continues prompts on a model that `objection` has nothing against.

    stops: token ids that end a row. ends: whether what is written ends it, as a stop string does. limit: most tokens of a row.
    context: positions that the model has. abreast: how many prompts of up to some length are begun side by side.
    """

    def __init__(
        self,
        model: PreTrainedModel,
        *,
        stops: Sequence[int],
        ends: Callable[[Sequence[int]], bool],
        limit: int,
        context: int,
        abreast: Callable[[int], int],
        meter: Meter,
    ) -> None:
        self.forward = Forward(model, meter, "write")
        self.stops = frozenset(stops)
        self.ends = ends
        self.limit = limit
        self.context = context
        self.abreast = abreast

    def __call__(self, prompts: Sequence[Row], pick: Pick, slots: int) -> list[list[int]]:
        """Continuations in the order of the prompts, end token included where one was written. slots: rows at once."""
        waiting = sorted(range(len(prompts)), key=lambda place: len(prompts[place]))  # taken from the end: long prompts, long chains
        out: list[list[int]] = [[] for _ in prompts]
        writers: list[_Writer] = []
        held: list[Rows] = []
        while waiting or writers:
            newcomers = [self._writer(waiting.pop(), prompts) for _ in range(min(len(waiting), slots - len(writers)))]
            held += [self._begin(portion, prompts, pick) for portion in self._portions(newcomers)]
            writers += newcomers
            cache = gathered(held, room=_ROOM)
            self._go_on(writers, cache, pick)
            for writer in writers:
                out[writer.place] = writer.ids
            length = cache.get_seq_length()
            held = [Rows(cache, [(row, slice(length - writer.past, length)) for row, writer in enumerate(writers) if not writer.ended])]
            writers = [writer for writer in writers if not writer.ended]
        return out

    def _writer(self, place: int, prompts: Sequence[Row]) -> _Writer:
        prompt = len(prompts[place])
        return _Writer(place, prompt, min(self.limit, self.context + 1 - prompt))  # the last token that is written needs no position

    def _portions(self, newcomers: Sequence[_Writer]) -> Iterator[Sequence[_Writer]]:
        """Newcomers, the longest prompts first, in portions that are begun side by side."""
        start = 0
        while start < len(newcomers):
            count = self.abreast(newcomers[start].prompt)
            yield newcomers[start : start + count]
            start += count

    def _begin(self, newcomers: Sequence[_Writer], prompts: Sequence[Row], pick: Pick) -> Rows:
        """Run prompts and write their first tokens; their past."""
        last = torch.zeros(len(newcomers), max(writer.prompt for writer in newcomers), dtype=torch.bool)
        for row, writer in enumerate(newcomers):
            last[row, writer.prompt - 1] = True
        cache = DynamicCache()  # without the config: sliding layers keep every key, the mask does the sliding
        _, logits = self.forward.start([prompts[writer.place] for writer in newcomers], cache, keep=last)
        self._append(newcomers, pick, logits)
        return Rows(cache, [(row, slice(0, writer.prompt)) for row, writer in enumerate(newcomers)])

    def _go_on(self, writers: Sequence[_Writer], cache: Cache, pick: Pick) -> None:
        """Write until enough rows have ended."""
        starts = torch.tensor([cache.get_seq_length() - writer.past for writer in writers])[:, None]  # (B, 1): columns before are not a row's own
        masked = bool(starts.any()) or self.forward.visibility.window is not None
        while sum(writer.ended for writer in writers) < max(1, _IDLE * len(writers)):
            length = cache.get_seq_length()
            columns = torch.arange(length + 1).expand(len(writers), -1)
            ids = torch.tensor([[writer.ids[-1]] for writer in writers])
            see = (columns >= starts)[:, None] if masked else None  # (B, 1, L + 1)
            at = (length - starts).clamp(max=self.context - 1)  # only a row that has ended would be beyond: it is stepped on until it is moved out
            logits = self.forward(ids, at, columns - starts, see, cache, keep=1)
            self._append(writers, pick, logits[:, -1])

    def _append(self, writers: Sequence[_Writer], pick: Pick, logits: Tensor) -> None:
        """Write the next token of each row that has not ended."""
        for writer, token in zip(writers, pick(logits, [(writer.place, len(writer.ids)) for writer in writers]), strict=True):
            if not writer.ended:
                writer.ids.append(token)
                writer.ended = token in self.stops or len(writer.ids) == writer.limit or self.ends(writer.ids)
                if writer.ended:
                    self.forward.meter.finish("write", 1)
