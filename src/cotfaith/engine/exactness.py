"""Is packed reading on this model the same as plain reading? Measured, not believed."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from random import Random

import torch
from transformers import PreTrainedModel

from cotfaith.engine.attention import compute_dtype, text_config
from cotfaith.engine.budget import is_out_of_memory
from cotfaith.engine.context import UNBOUNDED
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
        logprobs = _behind(model, row, answer.ids)
        apart = (logprobs[0, list(watched)] - answer.logprobs).abs().max() if watched else torch.zeros(())
        worst = max(worst, _number(apart), _regret(logprobs, answer.ids))
    return worst


def regret(model: PreTrainedModel, row: Row, written: Sequence[int]) -> float:
    """How much likelier, in nats, than a token written behind `row` the likeliest token there is, at worst; 0 is greedy decoding."""
    return _regret(_behind(model, row, written), written)


def _behind(model: PreTrainedModel, row: Row, written: Sequence[int]) -> torch.Tensor:
    """Log-probabilities (A, V) at the places of the written tokens, by one plain forward."""
    return plain_logits(model, (*row, *written[:-1]), len(written)).log_softmax(-1)


def _regret(logprobs: torch.Tensor, written: Sequence[int]) -> float:
    taken = logprobs.gather(-1, torch.tensor(written)[:, None])[:, 0]
    return _number((logprobs.max(-1).values - taken).max())


def _number(difference: torch.Tensor) -> float:
    """What is no number agrees with nothing."""
    return float(difference.nan_to_num(nan=torch.inf))


def rounding(model: PreTrainedModel) -> float:
    """What rounding alone may do to a log-probability on this model, in nats; under autocast its arithmetic is in half precision."""
    return _ROUNDING.get(compute_dtype(model), _HALF_ROUNDING)


def packs_exactly(model: PreTrainedModel) -> bool:
    """Whether a random tree is read as its rows are read one by one. Longer than a short sliding window."""
    tree = grow(_random_rows(text_config(model).vocab_size))
    watched = list(range(8))
    try:
        reader = TreeReader(model, stops=(), limit=2, context=UNBOUNDED, watched=watched, meter=Meter())
        answers = reader([tree], 64)[0]
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
