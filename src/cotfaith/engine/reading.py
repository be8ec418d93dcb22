"""Greedy answers behind many branches of shared trunks, for the price of about one reading.

Every trunk is run once. Tails go through the model packed side by side: a tail token sees the kept part of its trunk and its own
tail, at its true positions. The answers decode on, packed, one token of every unfinished branch a step.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest

import torch
from torch import Tensor
from transformers import DynamicCache, PreTrainedModel

from cotfaith.engine.cache import KeysValues, layers, slabs
from cotfaith.engine.forward import Forward
from cotfaith.engine.meter import Meter
from cotfaith.engine.trees import Row, Tree, portions

_NOBODY = -1  # owner of a trunk token, which every branch sees as far as it keeps it
_PADDING = -2


@dataclass(frozen=True, slots=True)
class Answer:
    """What was written behind one branch."""

    ids: Row  # end token included where one was written
    logprobs: Tensor  # of the watched ids at the first position, (W,) float32, nats


@dataclass(frozen=True, slots=True)
class _Trunks:
    """Q trunks side by side, padded on the right: causal attention never looks at the padding."""

    past: list[KeysValues]
    positions: Tensor  # (Q, T)


@dataclass(slots=True)
class _Tails:
    """One portion of the tails of Q trees, packed."""

    past: list[KeysValues]
    positions: Tensor  # (Q, N)
    owners: Tensor  # (Q, N): place of the branch in its tree
    first: dict[tuple[int, int], Tensor]  # (tree, branch) -> logits (V,) behind its last token


@dataclass(slots=True)
class _Live:
    """A branch that is still writing."""

    tree: int
    place: int
    next: int  # token id to run next
    position: int
    keep: int


class TreeReader:
    """Reads trees on a model that `objection` has nothing against.

    stops: token ids that end an answer. limit: most tokens of one. watched: token ids whose log-probability is taken at the first
    position. tail_budget: tail tokens of one tree in one forward; dense attention among tails makes larger ones slower.
    """

    def __init__(self, model: PreTrainedModel, *, stops: Sequence[int], limit: int, watched: Sequence[int], tail_budget: int, meter: Meter) -> None:
        self.forward = Forward(model, meter, "read")
        self.stops = frozenset(stops)
        self.limit = limit
        self.watched = list(watched)
        self.tail_budget = tail_budget

    def __call__(self, trees: Sequence[Tree]) -> list[list[Answer]]:
        """The answers of all branches, in the order given; all trees are run side by side."""
        trunks = self._run_trunks(trees)
        cut = [portions(tree, self.tail_budget) for tree in trees]
        tails = [self._run_tails(trees, trunks, places) for places in zip_longest(*cut, fillvalue=[])]
        first = {branch: logits for part in tails for branch, logits in part.first.items()}
        scores = {branch: torch.log_softmax(logits.float(), -1)[self.watched].cpu() for branch, logits in first.items()}
        written = self._decode(trees, trunks, tails, first)
        return [[Answer(tuple(written[q, place]), scores[q, place]) for place in range(len(tree.branches))] for q, tree in enumerate(trees)]

    def _run_trunks(self, trees: Sequence[Tree]) -> _Trunks:
        cache = DynamicCache()  # without the config: sliding layers keep every key, the mask does the sliding
        positions, _ = self.forward.start([tree.trunk for tree in trees], cache, keep=1)
        return _Trunks(layers(cache), positions)

    def _run_tails(self, trees: Sequence[Tree], trunks: _Trunks, places: Sequence[Sequence[int]]) -> _Tails:
        """places: for each tree the branches of this portion."""
        width = max(sum(len(tree.branches[place].tail) for place in own) for tree, own in zip(trees, places, strict=True))
        ids, positions, owners, keeps = (_filled(len(trees), width, value) for value in (0, 0, _PADDING, 1))
        ends: list[tuple[int, int]] = []
        last = torch.zeros(len(trees), width, dtype=torch.bool)
        for q, tree in enumerate(trees):
            start = 0
            for place in places[q]:
                branch = tree.branches[place]
                end = start + len(branch.tail)
                ids[q, start:end] = torch.tensor(branch.tail)
                positions[q, start:end] = torch.arange(branch.keep, branch.keep + end - start)
                owners[q, start:end], keeps[q, start:end], last[q, end - 1] = place, branch.keep, True
                ends.append((q, place))
                start = end
        needed = max(1, int(keeps.max()))  # the trunk behind the longest kept part is of no use to this portion
        cache = DynamicCache([(keys[:, :, :needed], values[:, :, :needed]) for keys, values in trunks.past])
        order = torch.arange(width)
        kept = trunks.positions[:, None, :needed] < keeps[:, :, None]  # (Q, N, T)
        own = (owners[:, :, None] == owners[:, None]) & (order[None] <= order[:, None])  # (Q, N, N)
        keys_at = torch.cat([trunks.positions[:, :needed], positions], 1)
        logits = self.forward(ids, positions, keys_at, torch.cat([kept, own], 2), cache, keep=last)  # (branches, V)
        past = [(keys[:, :, needed:], values[:, :, needed:]) for keys, values in layers(cache)]
        return _Tails(past, positions, owners, dict(zip(ends, logits, strict=True)))

    def _decode(
        self, trees: Sequence[Tree], trunks: _Trunks, tails: Sequence[_Tails], first: dict[tuple[int, int], Tensor]
    ) -> dict[tuple[int, int], list[int]]:
        """Every branch's greedy answer; the trunk and all tails are the past of the first step."""
        parts = [trunks.past, *(part.past for part in tails)]
        past = [(torch.cat([p[i][0] for p in parts], 2), torch.cat([p[i][1] for p in parts], 2)) for i in range(len(trunks.past))]
        keys_at = torch.cat([trunks.positions, *(part.positions for part in tails)], 1)  # (Q, K)
        owners = torch.cat([torch.full_like(trunks.positions, _NOBODY), *(part.owners for part in tails)], 1)
        chosen = torch.stack(list(first.values())).argmax(-1).tolist()
        written: dict[tuple[int, int], list[int]] = {key: [token] for key, token in zip(first, chosen, strict=True)}
        live = []
        for (q, place), token in zip(first, chosen, strict=True):
            branch = trees[q].branches[place]
            live.append(_Live(q, place, token, branch.keep + len(branch.tail), branch.keep))
        cache = slabs(past, room=0)
        for _ in range(self.limit - 1):
            live = [writer for writer in live if writer.next not in self.stops]
            if not live:
                break
            ids, positions, own, keeps, at = self._step(live, len(trees))
            keys_at, owners = torch.cat([keys_at, positions], 1), torch.cat([owners, own], 1)
            see = own[:, :, None] == owners[:, None]  # (Q, R, K)
            width = trunks.positions.shape[1]
            see[:, :, :width] = trunks.positions[:, None] < keeps[:, :, None]
            logits = self.forward(ids, positions, keys_at, see, cache, keep=own != _PADDING)  # (live, V)
            for writer, token in zip(at, logits.argmax(-1).tolist(), strict=True):
                writer.next, writer.position = token, writer.position + 1
                written[writer.tree, writer.place].append(token)
        return written

    def _step(self, live: Sequence[_Live], trees: int) -> tuple[Tensor, Tensor, Tensor, Tensor, list[_Live]]:
        """ids, positions, owners and keeps (Q, R) of the next tokens, and their branches in the order of the rows."""
        by_tree = [[branch for branch in live if branch.tree == q] for q in range(trees)]
        width = max(map(len, by_tree))
        ids, positions, owners, keeps = (_filled(trees, width, value) for value in (0, 0, _PADDING, 1))
        for q, branches in enumerate(by_tree):
            for column, branch in enumerate(branches):
                ids[q, column], positions[q, column] = branch.next, branch.position
                owners[q, column], keeps[q, column] = branch.place, branch.keep
        return ids, positions, owners, keeps, [branch for branches in by_tree for branch in branches]


def _filled(rows: int, width: int, value: int) -> Tensor:
    return torch.full((rows, width), value, dtype=torch.long)
