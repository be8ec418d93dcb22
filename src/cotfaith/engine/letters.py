"""The token ids by which a model names a choice right behind the answer cue: " B" and "B" are different tokens and one answer."""

from __future__ import annotations

import math
from collections.abc import Sequence

from cotfaith.text.encoding import Encoder


def letter_ids(encoder: Encoder, count: int) -> list[tuple[int, ...]]:
    """For each of `count` choices the ids of its letter with and without a space before it, as the tokenizer writes them.

    Raises:
        ValueError: two letters share an id: the tokenizer cannot tell them apart in one token.
    """
    ids = [_ids(encoder, chr(ord("A") + place)) for place in range(count)]
    if len({one for each in ids for one in each}) < sum(map(len, ids)):
        raise ValueError(f"the tokenizer of {encoder.tokenizer.name_or_path!r} gives two letters one token: {ids}")
    return ids


def _ids(encoder: Encoder, letter: str) -> tuple[int, ...]:
    """Of each spelling the first id that holds the letter; some tokenizers write the space apart."""
    spelt = [encoder.continuation(text) for text in (f" {letter}", letter)]
    found = [next((one for one in ids if letter in encoder.decode([one])), None) for ids in spelt]
    return tuple(dict.fromkeys(one for one in found if one is not None))


def option_logprobs(logprobs: Sequence[float], ids: Sequence[Sequence[int]]) -> tuple[float, ...]:
    """Natural log-probability of each choice, in nats: its ids summed. logprobs: of all ids, in their order."""
    out = []
    start = 0
    for each in ids:
        out.append(_log_sum_exp(logprobs[start : start + len(each)]))
        start += len(each)
    return tuple(out)


def _log_sum_exp(values: Sequence[float]) -> float:
    largest = max(values)
    return largest + math.log(sum(math.exp(value - largest) for value in values)) if largest > -math.inf else largest
