"""Is packed reading on this model the same as plain reading? Measured, not believed."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from random import Random

import torch
from transformers import PreTrainedModel

from cotfaith.engine.attention import text_config
from cotfaith.engine.budget import is_out_of_memory
from cotfaith.engine.meter import Meter
from cotfaith.engine.plain import plain_logits, rows_of
from cotfaith.engine.reading import Answer, TreeReader
from cotfaith.engine.trees import Row, Tree, grow

log = logging.getLogger(__name__)

# Nats. Rounding in float32 is a thousandth of this; two layouts of a bfloat16 model differ by up to a few tenths.
_ROUNDING = {torch.float32: 1e-2, torch.float64: 1e-2}
_HALF_ROUNDING = 0.5


def disagreement(model: PreTrainedModel, tree: Tree, answers: Sequence[Answer], watched: Sequence[int]) -> float:
    """How far packed answers are from plain ones, in nats; 0 is equal.

    The larger of two differences over all branches: of the watched log-probabilities behind a branch, and of each written token from the
    token that the plain reading would have written there.
    """
    worst = 0.0
    for row, answer in zip(rows_of(tree), answers, strict=True):
        logprobs = plain_logits(model, row + answer.ids[:-1])[len(row) - 1 :].log_softmax(-1)  # (A, V)
        written = logprobs.gather(-1, torch.tensor(answer.ids)[:, None])[:, 0]
        regret = (logprobs.max(-1).values - written).max()
        apart = (logprobs[0, list(watched)] - answer.logprobs).abs().max() if watched else torch.zeros(())
        worst = max(worst, *torch.stack([regret, apart]).nan_to_num(nan=torch.inf).tolist())  # what is no number agrees with nothing
    return worst


def rounding(model: PreTrainedModel) -> float:
    """What rounding alone may do to a log-probability on this model, in nats."""
    if torch.is_autocast_enabled(model.device.type):  # the arithmetic is then in half precision whatever the weights are
        return _HALF_ROUNDING
    return _ROUNDING.get(next(p.dtype for p in model.parameters() if p.is_floating_point()), _HALF_ROUNDING)


def packs_exactly(model: PreTrainedModel) -> bool:
    """Whether a random tree is read as its rows are read one by one. Longer than a short sliding window."""
    tree = grow(_random_rows(text_config(model).vocab_size))
    watched = list(range(8))
    try:
        reader = TreeReader(model, stops=(), limit=2, watched=watched, tail_budget=64, meter=Meter())
        answers = reader([tree])[0]
    except (ValueError, TypeError, RuntimeError, LookupError, AttributeError) as error:  # whatever a forward says to masks it does not know
        if is_out_of_memory(error):  # says nothing of the model
            raise
        log.info("the trial of packed reading failed with %s: %s", type(error).__name__, error)
        return False
    return disagreement(model, tree, answers, watched) <= rounding(model)


def _random_rows(vocabulary: int) -> list[Row]:
    """Rows that fork at three places from one another."""
    random = Random(0)
    trunk = [random.randrange(vocabulary) for _ in range(40)]
    tails = [[random.randrange(vocabulary) for _ in range(length)] for length in (3, 9, 5, 24)]
    return [tuple(trunk[:keep] + tail) for keep, tail in zip((40, 31, 12, 16), tails, strict=True)]
