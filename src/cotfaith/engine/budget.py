"""How much is run at once: what fits into a number of bytes, and into a forward of a useful size."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import torch
from transformers import PreTrainedModel

from cotfaith.engine.attention import text_config
from cotfaith.engine.cache import bytes_per_token
from cotfaith.engine.trees import Tree

T = TypeVar("T")
R = TypeVar("R")

_FREE_SHARE = 0.5  # of the free memory; the rest is for activations and logits
_FORWARD = {"cpu": 2048}  # tokens; a quarter of it is 6% slower (tests/benchmarks/reading.py), larger ones only pad more
_FORWARD_ELSEWHERE = 16384
_TAILS = {"cpu": 128}  # tail tokens of one question; more of them are compared in vain, fewer leave forwards too small
_TAILS_ELSEWHERE = 2048


@dataclass(frozen=True)
class Budget:
    """What a model can afford on its device.

    memory: bytes for keys, values and logits. forward: tokens of one forward. tails: tail tokens of one question in one forward.
    """

    memory: int
    forward: int
    tails: int
    token: int  # bytes of its keys and values
    logits: int  # bytes of one row of logits, as computed and in float32

    @classmethod
    def of(cls, model: PreTrainedModel, memory_gib: float | None) -> Budget:
        kind = model.device.type
        memory = int(memory_gib * 2**30) if memory_gib is not None else int(_FREE_SHARE * _free_bytes(model.device))
        forward, tails = _FORWARD.get(kind, _FORWARD_ELSEWHERE), _TAILS.get(kind, _TAILS_ELSEWHERE)
        return cls(memory, forward, tails, bytes_per_token(model), 8 * text_config(model).vocab_size)

    def slots(self, longest: int, limit: int, wanted: int) -> int:
        """Rows to write at once, of prompts up to `longest` tokens; the past is held twice while slots are moved."""
        return max(1, min(wanted, self.memory // (2 * self.token * (longest + limit) + self.logits)))

    def groups(self, trees: Sequence[Tree], limit: int) -> Iterator[list[int]]:
        """Places of trees to read side by side, those of like sizes together: each is padded to the largest."""
        group: list[int] = []
        for place in sorted(range(len(trees)), key=lambda place: (trees[place].tokens, place)):
            if group and not self._fits([trees[p] for p in (*group, place)], limit):
                yield group
                group = []
            group.append(place)
        if group:
            yield group

    def _fits(self, trees: Sequence[Tree], limit: int) -> bool:
        """Whether trees fit side by side, each padded to the largest."""
        trunk = max(len(tree.trunk) for tree in trees)
        tails = max(tree.tokens - len(tree.trunk) for tree in trees)
        branches = max(len(tree.branches) for tree in trees)
        held = 2 * self.token * (trunk + tails + branches * limit) + self.logits * branches
        return len(trees) * held <= self.memory and len(trees) * max(trunk, min(tails, self.tails)) <= self.forward


def halving(run: Callable[[Sequence[T]], list[R]], items: Sequence[T]) -> list[R]:
    """`run(items)`, in halves where memory runs out; a single item that does not fit raises.

    >>> halving(lambda items: [2 * item for item in items], [1, 2])
    [2, 4]
    """
    try:
        return run(items)
    except RuntimeError as error:
        if len(items) < 2 or not is_out_of_memory(error):
            raise
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    half = len(items) // 2
    return halving(run, items[:half]) + halving(run, items[half:])


def is_out_of_memory(error: Exception) -> bool:
    """Whether an error says that the device is full."""
    return isinstance(error, torch.OutOfMemoryError) or "allocate memory" in str(error)  # the CPU allocator has no class of its own


def _free_bytes(device: torch.device) -> int:
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    try:
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError):  # a system that does not say
        return 2**31
