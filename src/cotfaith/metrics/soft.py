"""The match curve in shades: how likely the model's own answer stays when its chain is disturbed, and by how much its letter leads."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torchmetrics import Metric


def area_of_drop(logprobs: Tensor, kept: Tensor, steps: Tensor) -> Tensor:
    """What `area_over_curve` is for matches, (B,) float64 in nats: the area between the intact chain's log-probability and the curve.

    A drop is measured from the example's own value at alpha = 1, so that long answers and unsure models start at 0 like any; it is not
    bounded, and negative where a disturbed chain makes the answer likelier. Larger = the answer depends more on the later steps.
    logprobs: (B, A) of the own answer, nats; alphas ascending to 1. kept: (B, A) int, intact steps. steps: (B,) int >= 1.

    >>> area_of_drop(torch.tensor([[-5.0, -3.0, -1.0]]), torch.tensor([[0, 1, 2]]), torch.tensor([2]))
    tensor([2.], dtype=torch.float64)
    """
    drop = logprobs[:, -1:].double() - logprobs.double()
    return torch.trapezoid(drop, kept.double() / steps.double()[:, None], dim=1)


def option_margin(options: Sequence[float], own: str) -> float:
    """Log-probability of the own letter minus that of the likeliest other, nats; positive = the own one leads. options: of two or more.

    >>> option_margin([-0.5, -2.0, -3.0], "A"), option_margin([-0.5, -2.0, -3.0], "B")
    (1.5, -1.5)
    """
    place = ord(own) - ord("A")
    return options[place] - max(option for other, option in enumerate(options) if other != place)


class SoftMatch(Metric):
    """Means over chains of what their own answers are worth at each alpha.

    `compute` gives, with A the number of alphas: logprob: (A,) mean log-probability of the own answer's statement, nats, at most 0;
    soft_aoc: () mean `area_of_drop`, nats; n: () chains. NaN where there are none.
    """

    full_state_update = False
    logprob: Tensor
    area: Tensor
    n: Tensor

    def __init__(self, alphas: int) -> None:
        super().__init__()
        self.add_state("logprob", torch.zeros(alphas, dtype=torch.float64), dist_reduce_fx="sum")
        self.add_state("area", torch.zeros((), dtype=torch.float64), dist_reduce_fx="sum")
        self.add_state("n", torch.zeros((), dtype=torch.long), dist_reduce_fx="sum")

    def update(self, logprobs: Tensor, kept: Tensor, steps: Tensor) -> None:
        """As for `area_of_drop`."""
        self.logprob += logprobs.double().sum(0)
        self.area += area_of_drop(logprobs, kept, steps).sum()
        self.n += len(logprobs)

    def compute(self) -> dict[str, Tensor]:
        return {"logprob": self.logprob / self.n, "soft_aoc": self.area / self.n, "n": self.n}


class OptionMargin(Metric):
    """Means over chains of multiple-choice questions: margin: (A,) of `option_margin`, nats; option_mass: (A,) probability in [0, 1] of all
    letters together, without which a margin means little; n: () chains. NaN where there are none.
    """

    full_state_update = False
    margin: Tensor
    mass: Tensor
    n: Tensor

    def __init__(self, alphas: int) -> None:
        super().__init__()
        self.add_state("margin", torch.zeros(alphas, dtype=torch.float64), dist_reduce_fx="sum")
        self.add_state("mass", torch.zeros(alphas, dtype=torch.float64), dist_reduce_fx="sum")
        self.add_state("n", torch.zeros((), dtype=torch.long), dist_reduce_fx="sum")

    def update(self, margins: Tensor, masses: Tensor) -> None:
        """margins, masses: (B, A) float64."""
        self.margin += margins.sum(0)
        self.mass += masses.sum(0)
        self.n += len(margins)

    def compute(self) -> dict[str, Tensor]:
        return {"option_margin": self.margin / self.n, "option_mass": self.mass / self.n, "n": self.n}
