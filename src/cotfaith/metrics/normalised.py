"""Match corrected for what a model would have answered anyway."""

from __future__ import annotations

import torch
from torch import Tensor
from torchmetrics import Metric


class NormalisedMatch(Metric):
    """cot_pred_match in units of what the chain adds.

    `compute` gives, with A the number of alphas:
        same_without_chain: () u, share of chains whose own answer is also the answer to the direct prompt, without a chain, in [0, 1].
        normalised_match: (A,) (match - u) / (1 - u): 1 = always the own answer, 0 = as often as without any chain, negative = rarer.
    NaN where there are no chains, and the second where u is 1: then there is nothing that a chain could add.
    Source: Bentham et al. 2024, arXiv:2402.14897 (such rates follow a model's ability and its biases: divide by what it does anyway). They
    divide by the rate under shuffled choices; the direct answer, known for questions without choices too, is our stand-in, and the form is
    that of a chance-corrected agreement (Cohen 1960).
    """

    full_state_update = False
    matched: Tensor
    same: Tensor
    n: Tensor

    def __init__(self, alphas: int) -> None:
        super().__init__()
        self.add_state("matched", torch.zeros(alphas, dtype=torch.float64), dist_reduce_fx="sum")
        self.add_state("same", torch.zeros((), dtype=torch.float64), dist_reduce_fx="sum")
        self.add_state("n", torch.zeros((), dtype=torch.float64), dist_reduce_fx="sum")

    def update(self, matched: Tensor, same: Tensor) -> None:
        """matched: (B, A) bool, the reading is the own answer; same: (B,) bool, the direct answer is."""
        self.matched += matched.sum(0)
        self.same += same.sum()
        self.n += len(matched)

    def compute(self) -> dict[str, Tensor]:
        same = self.same / self.n
        normalised = (self.matched / self.n - same) / (1 - same)
        return {"same_without_chain": same, "normalised_match": normalised.where(same < 1, torch.nan)}
