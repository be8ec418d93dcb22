"""Forced choice: the letter a model finds likeliest right behind the answer cue, whatever it would have written."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor
from torchmetrics import Metric

from cotfaith.types import Example, Reading


class ForcedChoice(Metric):
    """Means over readings of multiple-choice questions; NaN where there are none.

    `compute` gives scalars in [0, 1]: option_mass, the probability that the next token names any of the choices, and
    forced_accuracy, the share whose likeliest letter is the gold one; NaN where the mass is below `least_mass`: a model that does not
    answer by letters has no preference among them that would mean anything.
    """

    full_state_update = False
    right: Tensor
    mass: Tensor
    n: Tensor

    def __init__(self, least_mass: float) -> None:
        super().__init__()
        if not 0 <= least_mass <= 1:
            raise ValueError(f"callbacks.accuracy.least_option_mass: expected a fraction in [0, 1], got {least_mass}")
        self.least_mass = least_mass
        for name in ("right", "mass", "n"):
            self.add_state(name, torch.zeros((), dtype=torch.float64), dist_reduce_fx="sum")

    def update(self, right: Tensor, mass: Tensor) -> None:
        """right: (B,) bool. mass: (B,) float64."""
        self.right += right.double().sum()
        self.mass += mass.sum()
        self.n += len(right)

    def compute(self) -> dict[str, Tensor]:
        mass, accuracy = self.mass / self.n, self.right / self.n
        return {"forced_accuracy": accuracy if mass >= self.least_mass else torch.full_like(accuracy, math.nan), "option_mass": mass}


def forced(readings: Sequence[Reading], examples: Sequence[Example]) -> tuple[Tensor, Tensor]:
    """What `ForcedChoice` counts of the readings whose example, at the same place, has choices: right (B,) bool, mass (B,) float64."""
    pairs = [(reading.options, example.answer) for reading, example in zip(readings, examples, strict=True) if example.choices]
    right = [forced_letter(options) == gold for options, gold in pairs]
    return torch.tensor(right, dtype=torch.bool), torch.tensor([option_mass(options) for options, _ in pairs], dtype=torch.float64)


def option_mass(options: Sequence[float]) -> float:
    """Probability that the next token names a choice, in [0, 1]. options: log-probability of each, in nats."""
    return math.fsum(math.exp(option) for option in options)


def forced_letter(options: Sequence[float]) -> str:
    """The likeliest choice; the first of equals.

    >>> forced_letter([-2.0, -0.5, -3.0])
    'B'
    """
    return chr(ord("A") + max(range(len(options)), key=lambda place: options[place]))
