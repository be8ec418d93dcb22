"""The answers behind tails that have been run: packed like these, one token of every unfinished branch a step, greedily."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor
from transformers.cache_utils import Cache

from cotfaith.engine.forward import Forward, padded
from cotfaith.engine.trees import Tree

NOBODY = -1  # owner of a trunk token, which every branch sees as far as it keeps it
PADDING = -2
Key = tuple[int, int]
"""A branch: the place of its tree, and its own place in that."""


@dataclass(frozen=True, slots=True)
class Past:
    """Tokens of Q trees that have been run side by side: trunks, then tails."""

    cache: Cache
    trunk: int  # tokens of the longest trunk
    positions: Tensor  # (Q, K)
    owners: Tensor  # (Q, K): place of the branch in its tree, NOBODY or PADDING

    def with_tails(self, positions: Tensor, owners: Tensor) -> Past:
        """The same with a portion of tails behind it, which the cache has taken already."""
        return replace(self, positions=torch.cat([self.positions, positions], 1), owners=torch.cat([self.owners, owners], 1))


@dataclass(slots=True)
class _Live:
    """A branch that is still writing."""

    key: Key
    next: int  # token id to run next
    position: int
    keep: int


def write_answers(
    forward: Forward, trees: Sequence[Tree], past: Past, first: dict[Key, int], *, stops: frozenset[int], limit: int, context: int
) -> dict[Key, list[int]]:
    """What is written behind every branch. first: the first token of each answer. context: positions that the model has."""
    written = {key: [token] for key, token in first.items()}
    live = [_begin(trees, key, token) for key, token in sorted(first.items())]
    keys_at, owners = past.positions, past.owners
    for _ in range(limit - 1):
        live = [writer for writer in live if writer.next not in stops and writer.position < context]
        if not live:
            break
        ids, positions, own, keeps = _step(live, len(trees))
        keys_at, owners = torch.cat([keys_at, positions], 1), torch.cat([owners, own], 1)
        see = own[:, :, None] == owners[:, None]  # (Q, R, K)
        see[:, :, : past.trunk] = keys_at[:, None, : past.trunk] < keeps[:, :, None]
        logits = forward(ids, positions, keys_at, see, past.cache, keep=own != PADDING)  # (live, V)
        for writer, token in zip(live, logits.argmax(-1).tolist(), strict=True):
            writer.next, writer.position = token, writer.position + 1
            written[writer.key].append(token)
    return written


def _begin(trees: Sequence[Tree], key: Key, token: int) -> _Live:
    branch = trees[key[0]].branches[key[1]]
    return _Live(key, token, branch.keep + len(branch.tail), branch.keep)


def _step(live: Sequence[_Live], trees: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """ids, positions, owners and keeps (Q, R) of the next tokens; live: in the order of their trees."""
    rows: list[list[_Live]] = [[] for _ in range(trees)]
    for writer in live:
        rows[writer.key[0]].append(writer)
    ids = padded([[writer.next for writer in row] for row in rows], 0)
    positions = padded([[writer.position for writer in row] for row in rows], 0)
    owners = padded([[writer.key[1] for writer in row] for row in rows], PADDING)
    return ids, positions, owners, padded([[writer.keep for writer in row] for row in rows], 1)
