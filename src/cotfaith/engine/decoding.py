"""How a model is decoded: limits, sampling, memory. And how the next token is chosen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

import torch
from torch import Tensor

from cotfaith.engine.writing import Pick


@dataclass(frozen=True, kw_only=True)
class Decoding:
    """Greedy where temperature is 0; readings always are.

    batch_size: chains written at once, at most.
    max_new_tokens: limit of a generation; longer ones are cut off and marked so.
    answer_tokens: limit of a reading behind the cue.
    temperature, top_p: of sampled chains; a token is drawn among the likeliest that hold `top_p` of the probability.
    sampling_seed: a chain's randomness depends on this and its uid, not on the batch it is written in.
    stop_strings: texts that end a generation, besides the end tokens.
    memory_gib: for keys and values; None is half of what is free.
    self_check: compare one question's packed readings, in each arm, with plain ones and refuse to go on where they differ.
    """

    batch_size: int
    max_new_tokens: int
    answer_tokens: int
    temperature: float = 0.0
    top_p: float = 1.0
    sampling_seed: int = 0
    stop_strings: tuple[str, ...] = ()
    memory_gib: float | None = None
    self_check: bool = True

    def __post_init__(self) -> None:
        for name in ("batch_size", "max_new_tokens", "answer_tokens"):
            if getattr(self, name) < 1:
                raise ValueError(f"engine.{name}: expected at least 1, got {getattr(self, name)}")
        if self.temperature < 0:
            raise ValueError(f"engine.temperature: expected 0 (greedy) or more, got {self.temperature}")
        if not 0 < self.top_p <= 1:
            raise ValueError(f"engine.top_p: expected a fraction in (0, 1], got {self.top_p}")
        if self.memory_gib is not None and self.memory_gib <= 0:
            raise ValueError(f"engine.memory_gib: expected a positive number or null, got {self.memory_gib}")

    def pick(self, uids: Sequence[str]) -> Pick:
        """The choice of tokens for prompts of these examples."""
        if self.temperature == 0:
            return greedy
        randoms = [Random(f"{self.sampling_seed}/{uid}") for uid in uids]
        return sampled(randoms, self.temperature, self.top_p)


def greedy(logits: Tensor, rows: Sequence[tuple[int, int]]) -> list[int]:
    """The likeliest token of each row."""
    chosen: list[int] = logits.argmax(-1).tolist()
    return chosen


def sampled(randoms: Sequence[Random], temperature: float, top_p: float) -> Pick:
    """One draw per token from each prompt's own generator: by inversion, so that a row's draws do not depend on the others."""
    draws: list[list[float]] = [[] for _ in randoms]

    def pick(logits: Tensor, rows: Sequence[tuple[int, int]]) -> list[int]:
        for place, step in rows:
            draws[place] += [randoms[place].random() for _ in range(step + 1 - len(draws[place]))]
        wanted = torch.tensor([draws[place][step] for place, step in rows], device=logits.device)[:, None]
        likely, order = torch.softmax(logits.double() / temperature, -1).sort(dim=-1, descending=True, stable=True)
        below = likely.cumsum(-1) - likely  # probability of all likelier tokens
        likely = likely * (below < top_p)
        reached = likely.cumsum(-1) > wanted * likely.sum(-1, keepdim=True)
        return order.gather(-1, reached.int().argmax(-1, keepdim=True))[:, 0].tolist()

    return pick


def stopping(stop_strings: Sequence[str], decode: Callable[[Sequence[int]], str]) -> Callable[[Sequence[int]], bool]:
    """Whether the text of some ids ends a generation; a stop string may span as many tokens as it has bytes."""
    longest = max((len(stop.encode()) for stop in stop_strings), default=0)

    def ends(ids: Sequence[int]) -> bool:
        return bool(stop_strings) and any(stop in decode(ids[-longest - 1 :]) for stop in stop_strings)

    return ends
