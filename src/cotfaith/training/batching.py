"""Which rows go into a batch, in which order. Pure arithmetic on lengths; every process makes the same plan and takes its share.

The plan of an epoch follows from (seed, epoch) alone, so that a run which stops in the middle goes on with the rows it has not seen.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Literal

from torch.utils.data import Sampler

Kind = Literal["padded", "grouped", "token_budget", "packed"]
_POOL = 50  # batches that are sorted by length together: little padding left, and an order that is still random


@dataclass(frozen=True, kw_only=True)
class Batching:
    """How rows are put together.

    kind: "padded", rows in random order; "grouped", rows of like lengths; "token_budget", as many rows of like lengths as fit into
    `tokens`, padding included; "packed", as many rows in random order as fit into `tokens`, behind one another and without padding.
    batch_size: rows, of the first two.

    Raises:
        ValueError: an unknown kind, or a size below 1.
    """

    kind: Kind
    batch_size: int
    tokens: int

    def __post_init__(self) -> None:
        if self.kind not in ("padded", "grouped", "token_budget", "packed"):
            raise ValueError(f"data.batching: expected padded, grouped, token_budget or packed, got {self.kind!r}")
        for name, value in (("batch_size", self.batch_size), ("tokens_per_batch", self.tokens)):
            if value < 1:
                raise ValueError(f"data.{name}: expected at least 1, got {value}")

    def most(self, longest: int) -> int:
        """Tokens of the largest batch, padding included, of rows of at most `longest` tokens."""
        return max(longest, self.tokens) if self.kind in ("token_budget", "packed") else self.batch_size * longest

    def computed(self, lengths: Sequence[int]) -> int:
        """Tokens that a batch of rows of these lengths comes to, padding included."""
        return sum(lengths) if self.kind == "packed" else max(lengths) * len(lengths)

    def plan(self, lengths: Sequence[int], random: Random, processes: int) -> list[list[int]]:
        """Batches of places, every place once, as many as make equal shares for all processes. lengths: tokens of each row."""
        order = list(range(len(lengths)))
        random.shuffle(order)
        if self.kind == "padded":
            batches = _cut(order, self.batch_size)
        elif self.kind == "packed":
            batches = self._fill(order, lengths)
        else:
            pool = _POOL * (self.batch_size if self.kind == "grouped" else max(1, self.tokens * len(lengths) // max(1, sum(lengths))))
            pools = [sorted(places, key=lambda place: lengths[place]) for places in _cut(order, pool)]
            batches = [batch for places in pools for batch in self._fill(places, lengths)]
            random.shuffle(batches)
        return _shared_out(batches, processes)

    def _fill(self, places: Sequence[int], lengths: Sequence[int]) -> list[list[int]]:
        """Batches of rows in this order."""
        if self.kind == "grouped":
            return _cut(places, self.batch_size)
        batches: list[list[int]] = []
        for place in places:
            if not batches or self.computed([lengths[each] for each in (*batches[-1], place)]) > self.tokens:
                batches.append([])
            batches[-1].append(place)
        return batches


class Batches(Sampler[list[int]]):
    """The batches of one process, epoch after epoch.

    lengths, supervised: tokens of each row, and how many of them are learned. accumulate: batches to an optimizer step.
    """

    def __init__(
        self, batching: Batching, lengths: Sequence[int], supervised: Sequence[int], *, seed: int, accumulate: int, rank: int = 0, processes: int = 1
    ) -> None:
        self.batching = batching
        self.lengths = lengths
        self.tokens = supervised
        self.seed = seed
        self.accumulate = accumulate
        self.rank = rank
        self.processes = processes
        self.epoch = -1
        self.skip = 0
        self.set_epoch(0)

    def set_epoch(self, epoch: int) -> None:
        """Plan an epoch; what is skipped of one is not skipped of the next."""
        if epoch == self.epoch:
            return
        self.skip = 0
        self.epoch = epoch
        self.plan = self.batching.plan(self.lengths, Random(f"{self.seed}/{epoch}"), self.processes)

    def go_on(self, epoch: int, batch: int) -> None:
        """Begin the epoch at a batch of this process: those before it were trained on by the run that is gone on with."""
        self.set_epoch(epoch)
        self.skip = batch

    def supervised(self, batch: int, run: int) -> int:
        """Tokens learned in the optimizer step that a batch of this process belongs to, on all processes.

        run: batches of an epoch that each process runs, of those that there are; the last step ends with them.
        """
        first = batch // self.accumulate * self.accumulate
        behind = min(first + self.accumulate, run)
        return sum(self.tokens[place] for batch in self.plan[first * self.processes : behind * self.processes] for place in batch)

    def share(self, batch: int) -> list[int]:
        """The rows of a batch of this process."""
        return self.plan[self.rank + batch * self.processes]

    def __iter__(self) -> Iterator[list[int]]:
        return iter(self.plan[self.rank :: self.processes][self.skip :])

    def __len__(self) -> int:
        """Of the whole epoch: Lightning counts the batches that it skipped itself."""
        return len(self.plan) // self.processes

    @property
    def sampler(self) -> Batches:
        """Where Lightning looks for `set_epoch`."""
        return self


def _cut(places: Sequence[int], size: int) -> list[list[int]]:
    return [list(places[start : start + size]) for start in range(0, len(places), size)]


def _shared_out(batches: list[list[int]], processes: int) -> list[list[int]]:
    """As many batches for every process: the largest are halved until it comes out; no row is left out or taken twice.

    Raises:
        ValueError: there are fewer rows than processes.
    """
    while len(batches) % processes:
        largest = max(range(len(batches)), key=lambda place: len(batches[place]))
        whole = batches[largest]
        if len(whole) < 2:
            raise ValueError(
                f"trainer.devices: expected at most as many processes as training examples, got {processes} for {sum(map(len, batches))}"
            )
        batches[largest : largest + 1] = [whole[: len(whole) // 2], whole[len(whole) // 2 :]]
    return batches
