"""What is scored of one probe beside its match curve: the normalised match always, log-probabilities and margins where they were asked."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from cotfaith.engine.evaluation import DIRECT, Evaluation
from cotfaith.metrics.choices import option_mass
from cotfaith.metrics.normalised import NormalisedMatch
from cotfaith.metrics.soft import OptionMargin, SoftMatch, option_margin
from cotfaith.store import Scores
from cotfaith.types import Reading, Rollout


class FurtherScores:
    """Sums over the batches of one measurement. A set of scores that has no data at all is left out."""

    def __init__(self, alphas: Sequence[float]) -> None:
        self.names = [f"{alpha:g}" for alpha in alphas]
        self.normalised = NormalisedMatch(len(alphas))
        self.soft = SoftMatch(len(alphas))
        self.margin = OptionMargin(len(alphas))

    def begin(self, device: torch.device) -> None:
        for metric in (self.normalised, self.soft, self.margin):
            metric.to(device).reset()

    def add(self, evaluation: Evaluation, curves: Sequence[Sequence[Reading]], matched: Tensor, kept: Tensor, steps: Tensor) -> None:
        """curves: (B, A), the readings of one probe. matched, kept: (B, A), steps: (B,), as for `CotPredMatch`."""
        own = {rollout.example.uid: rollout for rollout in evaluation.rollouts}
        direct = {reading.uid: reading.answer for reading in evaluation.readings if reading.probe == DIRECT}
        same = [curve[0].uid in direct and direct[curve[0].uid] == own[curve[0].uid].answer for curve in curves]
        self.normalised.update(matched, torch.tensor(same, dtype=torch.bool, device=matched.device))
        scored = [place for place, curve in enumerate(curves) if all(reading.logprob is not None for reading in curve)]
        logprobs = [[reading.logprob or 0.0 for reading in curves[place]] for place in scored]  # 0.0 where it is 0
        self.soft.update(self._rows(logprobs, matched.device), kept[scored], steps[scored])
        self._add_margins([curve for curve in curves if curve[0].options], own, matched.device)

    def _add_margins(self, curves: Sequence[Sequence[Reading]], own: dict[str, Rollout], device: torch.device) -> None:
        letters = [own[curve[0].uid].answer for curve in curves]
        margins = [[option_margin(reading.options, letter or "") for reading in curve] for curve, letter in zip(curves, letters, strict=True)]
        masses = [[option_mass(reading.options) for reading in curve] for curve in curves]
        self.margin.update(self._rows(margins, device), self._rows(masses, device))

    def _rows(self, values: Sequence[Sequence[float]], device: torch.device) -> Tensor:
        """(B, A), also where B is 0."""
        return torch.tensor(values, dtype=torch.float64, device=device).view(-1, len(self.names))

    def scores(self, shown: float) -> Scores:
        """shown: 1, or NaN where a gate has closed."""
        normalised, soft, margin = (metric.compute() for metric in (self.normalised, self.soft, self.margin))
        found: Scores = {
            "normalised_match": self._by_alpha(normalised["normalised_match"], shown),
            "same_without_chain": normalised["same_without_chain"].item() * shown,
        }
        if soft["n"]:
            found |= {"soft_aoc": soft["soft_aoc"].item() * shown, "logprob": self._by_alpha(soft["logprob"], shown)}
        if margin["n"]:
            found |= {"option_margin": self._by_alpha(margin["option_margin"], shown), "option_mass": self._by_alpha(margin["option_mass"], 1.0)}
        return found

    def _by_alpha(self, values: Tensor, shown: float) -> dict[str, float]:
        return {name: value * shown for name, value in zip(self.names, values.tolist(), strict=True)}
