"""Dose-response: the adapter at a part of its strength, accuracy and early-termination aoc against it, without training again.

Scaling every LoRA update by s walks the straight line in weights from the base (0) to the tuned model (1), as interpolating the weights
of two models does (Wortsman et al. 2022, arXiv:2109.01903). A change that comes at a small dose was easily had.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, ClassVar

from cotfaith.analysis.gates import Gates
from cotfaith.studies.curves import Curve, closed, read_curves, summary
from cotfaith.studies.study import ReasonerOf
from cotfaith.types import Arm, Rollout


@dataclass(frozen=True, kw_only=True)
class DoseResponse:
    """Write chains, answer directly and cut the chains short at every scale.

    scales: ascending, from 0 (the base) to 1 (the tuned arm), whose chains are known already. limit: first examples asked; None: all.

    Raises:
        ValueError: scales that are not so, or a limit below 1.
    """

    alphas: tuple[float, ...]
    scales: Sequence[float]
    limit: int | None
    name: ClassVar[str] = "dose_response"
    kind: ClassVar[type[Curve]] = Curve

    def __post_init__(self) -> None:
        if list(self.scales[:1]) != [0] or list(self.scales[-1:]) != [1] or not all(less < more for less, more in pairwise(self.scales)):
            raise ValueError(f"study.dose_response.scales: expected ascending numbers from 0 to 1, got {list(self.scales)}")
        if self.limit is not None and self.limit < 1:
            raise ValueError(f"study.dose_response.limit: expected at least 1 or null, got {self.limit}")

    @property
    def weakens(self) -> bool:
        return len(self.scales) > 2  # the ends are the arms themselves

    def key(self, record: Curve) -> tuple[object, ...]:
        return record.uid, record.scale

    def ask(self, reasoner_of: ReasonerOf, rollouts: Mapping[Arm, Sequence[Rollout]]) -> list[Curve]:
        found: list[Curve] = []
        for scale in map(float, self.scales):
            arm: Arm = "base" if scale == 0 else "tuned"
            reasoner = reasoner_of(arm, scale=scale or 1.0)
            between = 0 < scale < 1
            written = reasoner.write([rollout.example for rollout in rollouts[arm]]) if between else rollouts[arm]
            found += read_curves(reasoner, written, self.alphas, writer=arm, reader=arm, scale=scale)
        return found

    def score(self, records: Sequence[Curve], gates: Gates, chance: float) -> dict[str, Any]:
        """scales: scale -> what `studies.curves.summary` says of the model at that scale. examples: asked at each."""
        at = {f"{scale:g}": [curve for curve in records if curve.scale == scale] for scale in self.scales}
        cells = {name: summary(curves, self.alphas, closed(curves, gates, chance)) for name, curves in at.items()}
        return {"scales": cells, "examples": len({curve.uid for curve in records})}
