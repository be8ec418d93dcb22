"""Information gain: by how much each step makes the gold answer less surprising to a fixed scorer.

With PPL_k = exp(-log p(answer | question, k steps) / tokens), the perplexity per answer token after k of n steps:
    gain of step k  PPL_{k-1} - PPL_k             its log version  log PPL_{k-1} - log PPL_k, nats per answer token
Both telescope: their mean over the steps is (PPL_0 - PPL_n) / n, which falls with the length of the chain alone. Show the length beside it.
One answer that the scorer finds absurd can outweigh all others in PPL; the log version is the one to compare.
Source: Wu et al. 2025, arXiv:2506.02126 (information gain per reasoning step); the scorer is ours: the base model, behind the answer cue.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor
from torchmetrics import Metric

STEPS = 16  # steps that have a mean of their own; those of longer chains are in the records


def log_gains(logprobs: Sequence[float], tokens: int) -> Tensor:
    """Gain of each step in nats per answer token, (n,) float64; positive = the step made the answer likelier.

    logprobs: of the answer after 0, 1 .. n steps, nats. tokens: of the answer.

    >>> log_gains([-6.0, -2.0, -1.0], tokens=2)
    tensor([2.0000, 0.5000], dtype=torch.float64)
    """
    return torch.tensor(logprobs, dtype=torch.float64).diff() / tokens


def perplexity_drop(logprobs: Sequence[float], tokens: int) -> float:
    """(PPL_0 - PPL_n) / n; positive = the chain as a whole made the answer likelier. For a chain of n >= 1 steps.

    Infinite or NaN where one PPL or both are beyond float64, from 710 nats per answer token on.
    """
    first, *_, last = (-torch.tensor(logprobs, dtype=torch.float64) / tokens).exp().tolist()
    return float((first - last) / (len(logprobs) - 1))


class InfoGain(Metric):
    """Means over chains of at least one step.

    `compute` gives perplexity: () mean of (PPL_0 - PPL_n) / n over the chains where it is finite; unbounded: () chains where it is not;
    log: () mean over chains of their mean log gain, nats per answer token and step; by_step: (STEPS,) mean log gain of the first, second ..
    step over the chains that have one; mean_steps: (); n: (), chains. Larger = the steps carry more. NaN where there are none.
    """

    full_state_update = False
    perplexity: Tensor
    bounded: Tensor
    log: Tensor
    gained: Tensor
    having: Tensor
    steps: Tensor
    n: Tensor

    def __init__(self) -> None:
        super().__init__()
        for name, shape in {"perplexity": (), "bounded": (), "log": (), "gained": (STEPS,), "having": (STEPS,), "steps": (), "n": ()}.items():
            self.add_state(name, torch.zeros(shape, dtype=torch.float64), dist_reduce_fx="sum")

    def update(self, logprobs: Sequence[float], tokens: int) -> None:
        """One chain, as for `log_gains`."""
        gains = log_gains(logprobs, tokens).to(self.gained.device)
        shown = gains[:STEPS]
        drop = perplexity_drop(logprobs, tokens)
        if math.isfinite(drop):
            self.perplexity += drop
            self.bounded += 1
        self.log += gains.mean()
        self.gained[: len(shown)] += shown
        self.having[: len(shown)] += 1
        self.steps += len(gains)
        self.n += 1

    def compute(self) -> dict[str, Tensor]:
        return {
            "perplexity": self.perplexity / self.bounded,
            "unbounded": self.n - self.bounded,
            "log": self.log / self.n,
            "by_step": self.gained / self.having,
            "mean_steps": self.steps / self.n,
            "n": self.n,
        }
