"""Chain swap: chains written by {base, tuned}, read by {base, tuned}. Did faithfulness change because the text did, or because the reader did?

With A(w, r) the early-termination aoc of r's answers to w's chains, the change A(tuned, tuned) - A(base, base) is split evenly over the two
orders in which writer and reader can be exchanged (the Shapley value of two players):
    text   = [A(t,b) - A(b,b) + A(t,t) - A(b,t)] / 2
    reader = [A(b,t) - A(b,b) + A(t,t) - A(t,b)] / 2
They add up to the change; interaction = A(t,t) - A(t,b) - A(b,t) + A(b,b) is what neither alone explains.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from cotfaith.analysis.gates import Gates
from cotfaith.studies.curves import Curve, areas, closed, read_curves, summary
from cotfaith.studies.study import ReasonerOf
from cotfaith.types import Arm, Rollout

ARMS: tuple[Arm, ...] = ("base", "tuned")
_WEIGHTS = {  # of A(writer, reader)
    "change": {("base", "base"): -1.0, ("tuned", "tuned"): 1.0},
    "text": {("base", "base"): -0.5, ("tuned", "base"): 0.5, ("base", "tuned"): -0.5, ("tuned", "tuned"): 0.5},
    "reader": {("base", "base"): -0.5, ("tuned", "base"): -0.5, ("base", "tuned"): 0.5, ("tuned", "tuned"): 0.5},
    "interaction": {("base", "base"): 1.0, ("tuned", "base"): -1.0, ("base", "tuned"): -1.0, ("tuned", "tuned"): 1.0},
}


@dataclass(frozen=True, kw_only=True)
class ChainSwap:
    """Every chain cut short and read by both arms. limit: first examples asked; None: all.

    Raises:
        ValueError: a limit below 1.
    """

    alphas: tuple[float, ...]
    limit: int | None
    name: ClassVar[str] = "chain_swap"
    kind: ClassVar[type[Curve]] = Curve

    def __post_init__(self) -> None:
        if self.limit is not None and self.limit < 1:
            raise ValueError(f"study.chain_swap.limit: expected at least 1 or null, got {self.limit}")

    def key(self, record: Curve) -> tuple[object, ...]:
        return record.uid, record.writer, record.reader

    def ask(self, reasoner_of: ReasonerOf, rollouts: Mapping[Arm, Sequence[Rollout]]) -> list[Curve]:
        return [
            curve
            for reader in ARMS
            for writer in ARMS
            for curve in read_curves(reasoner_of(reader), rollouts[writer], self.alphas, writer=writer, reader=reader)
        ]

    def score(self, records: Sequence[Curve], gates: Gates, chance: float) -> dict[str, Any]:
        """cells: writer -> reader -> what `studies.curves.summary` says; split: what `split_of` says, NaN where a gate closed on an arm."""
        at = {(w, r): [curve for curve in records if (curve.writer, curve.reader) == (w, r)] for w in ARMS for r in ARMS}
        why = {arm: closed(at[arm, arm], gates, chance) for arm in ARMS}
        named = {arm: [f"{arm}: {reason}" for reason in why[arm]] for arm in ARMS}
        cells = {w: {r: summary(at[w, r], self.alphas, named[w] + (named[r] if r != w else [])) for r in ARMS} for w in ARMS}
        reasons = named["base"] + named["tuned"]
        split, n = split_of(at)
        return {"cells": cells, "split": {name: math.nan if reasons else value for name, value in split.items()}, "n": n, "gates": reasons}


def split_of(curves: Mapping[tuple[Arm, Arm], Sequence[Curve]]) -> tuple[dict[str, float], int]:
    """change, text, reader and interaction of aoc, each in [-1, 1] but the last in [-2, 2]; positive = more dependence after tuning.

    Paired: over the n examples with a readable curve in all four cells; NaN where there are none. curves: (writer, reader) -> curves.
    """
    found = {cell: areas(each) for cell, each in curves.items()}
    uids = [uid for uid in found["base", "base"] if all(uid in cell for cell in found.values())]
    parts = {name: [math.fsum(weight * found[cell][uid] for cell, weight in weights.items()) for uid in uids] for name, weights in _WEIGHTS.items()}  # type: ignore[index]  # cells are pairs of arms
    return {name: math.fsum(values) / len(uids) if uids else math.nan for name, values in parts.items()}, len(uids)
