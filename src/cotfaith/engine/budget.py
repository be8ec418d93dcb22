"""How much is run at once: what fits into a number of bytes, and into a forward of a useful size."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import torch
from transformers import PreTrainedModel

from cotfaith.engine.attention import compute_dtype, text_config
from cotfaith.engine.cache import bytes_per_token
from cotfaith.engine.trees import Tree

log = logging.getLogger(__name__)

T = TypeVar("T")
R = TypeVar("R")

_FREE_SHARE = 0.5  # of the free memory; the rest is for activations and logits
_FORWARD = {"cpu": 2048}  # tokens; a quarter of it is 6% slower (tests/benchmarks/reading.py), larger ones only pad more
_FORWARD_ELSEWHERE = 16384
_TAILS = {"cpu": 128}  # tail tokens of one question; more of them are compared in vain, fewer leave forwards too small
_TAILS_ELSEWHERE = 2048


@dataclass(frozen=True)
class Budget:
    """What a model can afford on its device: decided once for both arms, so that what is free at the moment does not move rows to other batches.

    memory: bytes for keys, values, masks and logits. forward: tokens of one forward. tails: tail tokens of one question in one forward.
    """

    memory: int
    forward: int
    tails: int
    token: int  # bytes of its keys and values
    pair: int  # bytes of what is held for a query and a key: masks, and scores where attention is eager
    logits: int  # bytes of one row of logits, as computed and in float32

    @classmethod
    def of(cls, model: PreTrainedModel, memory_gib: float | None) -> Budget:
        """By the configuration, the device and, where `memory_gib` is None, what is free now."""
        kind = model.device.type
        memory = int(memory_gib * 2**30) if memory_gib is not None else int(_FREE_SHARE * free_bytes(model.device))
        forward, tails = _FORWARD.get(kind, _FORWARD_ELSEWHERE), _TAILS.get(kind, _TAILS_ELSEWHERE)
        return cls(memory, forward, tails, bytes_per_token(model), _bytes_per_pair(model), 8 * text_config(model).vocab_size)

    def slots(self, longest: int, limit: int, wanted: int) -> int:
        """Rows to write at once, of prompts up to `longest` tokens; the past is held twice where all slots are begun and moved."""
        row = (2 * self.token + self.pair) * (longest + limit) + self.logits
        return max(1, min(wanted, (self.memory - self.pair * longest**2) // row))

    def abreast(self, longest: int) -> int:
        """Prompts of up to `longest` tokens to run side by side."""
        return max(1, min(self.forward // longest, self.memory // (2 * (self.pair * longest + self.token) * longest)))

    def groups(self, trees: Sequence[Tree], limit: int) -> Iterator[list[int]]:
        """Places of trees to read side by side, those of like sizes together: each is padded to the largest.

        The largest come first: what does not fit is found out at once.
        """
        group: list[int] = []
        for place in sorted(range(len(trees)), key=lambda place: (-trees[place].tokens, place)):
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
        portion, past = min(tails, self.tails), trunk + tails + branches * limit
        pairs = max(trunk**2, portion * (trunk + portion), branches * past)
        held = 2 * self.token * past + self.pair * pairs + self.logits * branches
        return len(trees) * held <= self.memory and len(trees) * max(trunk, portion) <= self.forward


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
    half = len(items) // 2
    _make_room(f"{len(items)} questions side by side, now {half}")
    return halving(run, items[:half]) + halving(run, items[half:])


def shrinking(run: Callable[[int], R], size: int) -> R:
    """`run(size)`, with half the size where memory runs out, and so on; a size of 1 that does not fit raises.

    >>> shrinking(lambda size: 10 * size, 4)
    40
    """
    try:
        return run(size)
    except RuntimeError as error:
        if size < 2 or not is_out_of_memory(error):
            raise
    _make_room(f"a size of {size}, now {size // 2}")
    return shrinking(run, size // 2)


def is_out_of_memory(error: Exception) -> bool:
    """Whether an error says that the device is full."""
    return isinstance(error, torch.OutOfMemoryError) or "allocate memory" in str(error)  # the CPU allocator has no class of its own


def free_bytes(device: torch.device, meminfo: Path = Path("/proc/meminfo"), cgroup: Path = Path("/sys/fs/cgroup")) -> int:
    """Bytes that could be allocated now: what is in torch's own pool or the system's page cache counts as free.

    On a CPU no more than the container may still use; of its page cache, what has not been used lately counts as free there.
    """
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0]) + torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
    available = [line.split()[1] for line in meminfo.read_text().splitlines() if line.startswith("MemAvailable:")] if meminfo.is_file() else []
    system = 1024 * int(available[0]) if available else 2**32  # a system that does not say: 4 GiB
    return min([system, *_left_to_container(cgroup)])


def _left_to_container(cgroup: Path) -> Iterator[int]:
    """Bytes below the limit of the control group, version 2 and 1, where there is one."""
    for limit, usage in (("memory.max", "memory.current"), ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes")):
        if (cgroup / limit).is_file() and (cgroup / usage).is_file():
            most = (cgroup / limit).read_text().strip()
            if most != "max":
                stat = (cgroup / limit).with_name("memory.stat")
                fields = dict(line.split() for line in stat.read_text().splitlines()) if stat.is_file() else {}
                cached = int(fields.get("total_inactive_file", fields.get("inactive_file", 0)))  # the first in version 1, descendants included
                yield max(0, int(most) - int((cgroup / usage).read_text()) + cached)


def _bytes_per_pair(model: PreTrainedModel) -> int:
    """A mask in the precision of the model and the truth it is made from, both twice; eager scores also as float32 probabilities."""
    width = torch.finfo(compute_dtype(model)).bits // 8
    config = text_config(model)
    scores = config.num_attention_heads * (2 * width + 4) if config._attn_implementation == "eager" else 0
    return 2 * (width + 1) + scores


def _make_room(tried: str) -> None:
    log.warning("out of memory with %s; engine.memory_gib sets what is used", tried)
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
