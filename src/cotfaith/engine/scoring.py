"""How likely given words are behind many rows that share their beginnings: teacher-forced, packed as rows are for reading.

The trees are those of reading; a branch's tail goes on with the words but for their last token, so that one forward over it tells all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import zip_longest

import torch
from torch import Tensor
from transformers import PreTrainedModel

from cotfaith.engine.answering import Key
from cotfaith.engine.cache import behind
from cotfaith.engine.meter import Meter
from cotfaith.engine.plain import plain_logits
from cotfaith.engine.reading import TreeReader, pack
from cotfaith.engine.trees import Row, Tree, grow, portions

Saying = tuple[Row, Row]
"""A row, and the token ids behind it whose probability is asked: one or more."""


class TreeScorer:
    """Scores on a model that `objection` has nothing against. context: positions that the model has."""

    def __init__(self, model: PreTrainedModel, *, context: int, meter: Meter) -> None:
        self.reader = TreeReader(model, stops=(), limit=1, context=context, watched=(), meter=meter)

    def __call__(self, questions: Sequence[Sequence[Saying]], tail_budget: int) -> list[list[float]]:
        """Natural log-probability of the words of each saying, summed over their tokens, in nats; all questions side by side.

        tail_budget: tail tokens of one tree in one forward.
        """
        trees = [spoken(sayings) for sayings in questions]
        cut = [portions(tree, tail_budget) for tree in trees]
        tails = [pack(trees, places, lambda key: len(questions[key[0]][key[1]][1])) for places in zip_longest(*cut, fillvalue=[])]
        past = self.reader.run_trunks(trees, room=sum(each.ids.shape[1] for each in tails))
        behind_trunks = behind(past.cache, room=max(each.ids.shape[1] for each in tails))
        found: dict[Key, float] = {}
        for each in tails:
            logits = self.reader.run_tails(each, past, behind_trunks)  # (tokens of all words, V)
            words = [questions[q][place][1] for q, place in each.keys]
            tokens = logprobs_of(logits, [token for ids in words for token in ids])
            found |= {key: float(own.sum()) for key, own in zip(each.keys, tokens.split([len(ids) for ids in words]), strict=True)}
            past = past.with_tails(each.positions, each.owners)
        return [[found[q, place] for place in range(len(sayings))] for q, sayings in enumerate(questions)]


def spoken(sayings: Sequence[Saying]) -> Tree:
    """The tree of the rows with the words behind its tails, all but their last token; a branch for each saying."""
    rows = list(dict.fromkeys(row for row, _ in sayings))
    tree = grow(rows)
    branch = dict(zip(rows, tree.branches, strict=True))
    return replace(tree, branches=tuple(replace(branch[row], tail=branch[row].tail + words[:-1]) for row, words in sayings))


def plain_score(model: PreTrainedModel, saying: Saying) -> float:
    """The same of one saying, alone and without a cache, in nats."""
    row, words = saying
    return float(logprobs_of(plain_logits(model, row + words[:-1], len(words)), words).sum())


def logprobs_of(logits: Tensor, ids: Sequence[int]) -> Tensor:
    """Log-probability of one token id behind each position, (N,) float64 on the CPU, in nats. logits: (N, V)."""
    chosen = torch.tensor(ids, device=logits.device)[:, None]
    logits = logits.float()
    return (logits.gather(-1, chosen)[:, 0] - logits.logsumexp(-1)).double().cpu()
