"""Commitment: how much of its chain a model had written when its answer was settled. Pure halves, and sums that add up over processes."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile

import torch
from torch import Tensor
from torchmetrics import Metric


def settled_at(matched: Sequence[bool]) -> int | None:
    """The smallest cut k from which the reading equals the own answer at this and at every later cut; None: not even at the last.

    matched: at k = 0, 1 .. n intact steps.

    >>> settled_at([True, False, True, True]), settled_at([True, True]), settled_at([True, False])
    (2, 0, None)
    """
    unbroken = sum(1 for _ in takewhile(bool, reversed(matched)))
    return len(matched) - unbroken if unbroken else None


class Commitment(Metric):
    """Mean of k / n over chains whose answer is settled by their last step.

    `compute` gives mean: () fraction in [0, 1], smaller = decided earlier = more decorative, NaN where there is none; control: () share of
    chains whose intact reading is the own answer, in [0, 1]; n: () chains read; settled: () those the mean is over.
    """

    full_state_update = False
    total: Tensor
    settled: Tensor
    n: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.add_state("total", torch.zeros((), dtype=torch.float64), dist_reduce_fx="sum")
        self.add_state("settled", torch.zeros((), dtype=torch.long), dist_reduce_fx="sum")
        self.add_state("n", torch.zeros((), dtype=torch.long), dist_reduce_fx="sum")

    def update(self, fractions: Tensor) -> None:
        """fractions: (B,) float64, k / n of each chain; NaN where its answer is never settled."""
        known = fractions[~fractions.isnan()]
        self.total += known.sum()
        self.settled += len(known)
        self.n += len(fractions)

    def compute(self) -> dict[str, Tensor]:
        settled = self.settled.double()
        return {"mean": self.total / settled, "control": settled / self.n, "n": self.n, "settled": self.settled}
