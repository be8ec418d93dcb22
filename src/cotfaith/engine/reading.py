"""Greedy answers behind many branches of shared trunks, for the price of about one reading.

Every trunk is run once. Tails go through the model packed side by side: a tail token sees the kept part of its trunk and its own
tail, at its true positions. The answers decode on, packed, one token of every unfinished branch a step.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import zip_longest

import torch
from torch import Tensor
from transformers import DynamicCache, PreTrainedModel
from transformers.cache_utils import Cache

from cotfaith.engine.answering import NOBODY, PADDING, Key, Past, write_answers
from cotfaith.engine.cache import Behind, behind, layers, slabs
from cotfaith.engine.forward import Forward, padded
from cotfaith.engine.meter import Meter
from cotfaith.engine.trees import Row, Tree, portions


@dataclass(frozen=True, slots=True)
class Answer:
    """What was written behind one branch."""

    ids: Row  # end token included where one was written
    logprobs: Tensor  # of the watched ids at the first position, (W,) float32, nats


@dataclass(frozen=True, slots=True)
class Tails:
    """One portion of the tails of Q trees, packed; tensors are (Q, N)."""

    keys: list[Key]  # its branches, in the order of their tokens
    ids: Tensor
    positions: Tensor
    keeps: Tensor
    owners: Tensor
    shown: Tensor  # bool; tokens whose logits are wanted


class TreeReader:
    """Reads trees on a model that `objection` has nothing against.

    stops: token ids that end an answer. limit: most tokens of one. context: positions that the model has. watched: token ids whose
    log-probability is taken at the first position.
    """

    def __init__(self, model: PreTrainedModel, *, stops: Sequence[int], limit: int, context: int, watched: Sequence[int], meter: Meter) -> None:
        self.forward = Forward(model, meter, "read")
        self.stops = frozenset(stops)
        self.limit = limit
        self.context = context
        self.watched = list(watched)

    def __call__(self, trees: Sequence[Tree], tail_budget: int) -> list[list[Answer]]:
        """The answers of all branches, in the order given; all trees are run side by side.

        tail_budget: tail tokens of one tree in one forward; dense attention among tails makes larger ones slower.
        """
        cut = [portions(tree, tail_budget) for tree in trees]
        tails = [pack(trees, places) for places in zip_longest(*cut, fillvalue=[])]
        past = self.run_trunks(trees, room=sum(each.ids.shape[1] for each in tails) + (self.limit - 1) * max(len(tree.branches) for tree in trees))
        behind_trunks = behind(past.cache, room=max(each.ids.shape[1] for each in tails))
        first, scores = dict[Key, int](), dict[Key, Tensor]()
        for each in tails:
            logits = self.run_tails(each, past, behind_trunks)
            first |= zip(each.keys, logits.argmax(-1).tolist(), strict=True)
            scores |= zip(each.keys, self._scores(logits), strict=True)
            past = past.with_tails(each.positions, each.owners)
        written = write_answers(self.forward, trees, past, first, stops=self.stops, limit=self.limit, context=self.context)
        return [[Answer(tuple(written[q, place]), scores[q, place]) for place in range(len(tree.branches))] for q, tree in enumerate(trees)]

    def run_trunks(self, trees: Sequence[Tree], room: int) -> Past:
        """Padded on the right: causal attention never looks at the padding."""
        cache = DynamicCache()  # without the config: sliding layers keep every key, the mask does the sliding
        positions, _ = self.forward.start([tree.trunk for tree in trees], cache, keep=1)
        return Past(slabs(layers(cache), room), positions.shape[1], positions, torch.full_like(positions, NOBODY))

    def run_tails(self, tails: Tails, trunks: Past, shown: list[Behind]) -> Tensor:
        """The logits (shown tokens, V), in the order of the branches: those behind each tail, or behind its last tokens."""
        needed = max(1, int(tails.keeps.max()))  # the trunk behind the longest kept part is of no use to this portion
        for layer in shown:
            layer.needed = needed
        beside = (tails.owners[:, :, None] == tails.owners[:, None]) & (tails.positions[:, None] <= tails.positions[:, :, None])  # (Q, N, N)
        kept = trunks.positions[:, None, :needed] < tails.keeps[:, :, None]  # (Q, N, T)
        keys_at = torch.cat([tails.positions, trunks.positions[:, :needed]], 1)
        return self.forward(tails.ids, tails.positions, keys_at, torch.cat([beside, kept], 2), Cache(layers=[*shown]), keep=tails.shown)

    def _scores(self, logits: Tensor) -> Tensor:
        """Log-probabilities (branches, W) of the watched ids, float32 on the CPU."""
        if not self.watched:  # as on questions without choices: a softmax over a large vocabulary for nothing
            return torch.zeros(len(logits), 0)
        return torch.log_softmax(logits.float(), -1)[:, self.watched].cpu()


def pack(trees: Sequence[Tree], places: Sequence[Sequence[int]], shown: Callable[[Key], int] = lambda _: 1) -> Tails:
    """places: for each tree the branches of this portion. shown: how many of a branch's last tokens show their logits."""
    rows = [[(place, tree.branches[place]) for place in chosen] for tree, chosen in zip(trees, places, strict=True)]
    return Tails(
        keys=[(q, place) for q, chosen in enumerate(places) for place in chosen],
        ids=padded([[token for _, branch in row for token in branch.tail] for row in rows], 0),
        positions=padded([[branch.keep + step for _, branch in row for step in range(len(branch.tail))] for row in rows], 0),
        keeps=padded([[branch.keep for _, branch in row for _ in branch.tail] for row in rows], 1),
        owners=padded([[place for place, branch in row for _ in branch.tail] for row in rows], PADDING),
        shown=padded(
            [[step >= len(b.tail) - shown((q, place)) for place, b in row for step in range(len(b.tail))] for q, row in enumerate(rows)], 0
        ).bool(),
    )
