"""Pure statistics of a match curve: readings against the kept fraction of the chain."""

from __future__ import annotations

import torch
from torch import Tensor


def area_over_curve(matched: Tensor, kept: Tensor, steps: Tensor) -> Tensor:
    """1 - area under the match curve of each chain, (B,) float64, a fraction in [0, 1]; larger = depends more on later steps.

    matched: (B, A) bool, the reading equals the model's own answer; alphas ascending from 0 to 1.
    kept: (B, A) int, intact steps at each alpha. steps: (B,) int >= 1, the length of the chain.

    The area is a trapezoid rule over kept / steps. All chains of one length have the same abscissae, so the mean over
    examples is the mean over chain lengths weighted by their share, as the source has it.
    Source: Lanham et al. 2023, arXiv:2307.13702, section 2.3 (AOC).

    >>> area_over_curve(torch.tensor([[False, False, True]]), torch.tensor([[0, 1, 2]]), torch.tensor([2]))
    tensor([0.7500], dtype=torch.float64)
    """
    return 1 - torch.trapezoid(matched.double(), kept.double() / steps.double()[:, None], dim=1)
