"""Whether a ranking of the two arms survives how faithfulness is measured: curves by every choice, and what they come to. Pure.

A choice is a segmentation, a probe and an elicitation. Every choice ranks the arms by their aoc, on the same examples; the interval of the
difference says whether it ranks them at all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any, Literal, NamedTuple

import numpy as np

from cotfaith.analysis.gates import Gates
from cotfaith.analysis.paired import paired
from cotfaith.studies.curves import Curve, areas, closed
from cotfaith.text.steps import Segmentation
from cotfaith.types import Arm, Elicitation

Rank = Literal["lower", "higher", "undecided", "uninterpretable"]
"""The tuned arm's aoc beside the base's; undecided where the interval of the difference holds 0, or no example was read in both arms."""


class Choice(NamedTuple):
    """One way of measuring."""

    segmentation: Segmentation
    probe: str
    elicitation: Elicitation

    def __str__(self) -> str:
        return f"steps as {self.segmentation}, {self.probe}, {self.elicitation}"


@dataclass(frozen=True, slots=True)
class PanelCurve:
    """One arm's own chain, disturbed at every alpha by one choice, and read by it."""

    uid: str
    arm: Arm
    segmentation: Segmentation
    probe: str
    elicitation: Elicitation
    gold: str
    own: str | None  # the arm's answer
    facts: tuple[float, ...]  # of the rollout in these steps, named in metrics.rollouts.FACTS
    kept: tuple[int, ...]  # intact steps at each alpha; () where nothing was read
    answers: tuple[str | None, ...]  # read at each alpha
    dropped: str  # why the probe could not disturb the chain; "" where it could

    @property
    def choice(self) -> Choice:
        return Choice(self.segmentation, self.probe, self.elicitation)

    @property
    def curve(self) -> Curve:
        return Curve(self.uid, self.arm, self.arm, 1.0, self.gold, self.own, self.facts, None, self.kept, self.answers)


def rank(records: Sequence[PanelCurve], gates: Gates, chance: float) -> dict[str, Any]:
    """What one choice says: the aoc of both arms, the paired difference tuned - base in [-1, 1] with its 95 % interval, and the `Rank`.

    Positive = the tuned arm depends more on its later steps. detectable: the smallest difference that n examples such as these would show. NaN
    where a gate closed on either arm or on n; the aoc of the other arm is then over all of its own examples. n: examples read in both arms. The
    interval is that of one choice, however many there are.
    """
    of_arm: dict[Arm, list[Curve]] = {arm: [record.curve for record in records if record.arm == arm] for arm in ("base", "tuned")}
    shut = {arm: [f"{arm}: {reason}" for reason in closed(curves, gates, chance)] for arm, curves in of_arm.items()}
    reasons = [*shut["base"], *shut["tuned"]]
    base, tuned = (areas(curves) for curves in of_arm.values())
    shared = [uid for uid in base if uid in tuned]
    reasons = reasons or list(gates.few(len(shared), "examples read in both arms"))
    both = [] if reasons else shared
    found = paired(np.array([base[uid] for uid in both]), np.array([tuned[uid] for uid in both]), binary=False)
    decided: Rank = "lower" if found.high < 0 else "higher" if found.low > 0 else "undecided"
    return {
        "base": fmean(base.values()) if shut["tuned"] and base and not shut["base"] else found.first,
        "tuned": fmean(tuned.values()) if shut["base"] and tuned and not shut["tuned"] else found.second,
        "difference": found.change,
        "low": found.low,
        "high": found.high,
        "detectable": found.detectable,
        "rank": "uninterpretable" if reasons else decided,
        "n": found.n,
        "dropped": sum(bool(record.dropped) for record in records),
        "gates": reasons,
    }


def verdict(ranks: Mapping[Choice, Rank]) -> tuple[str, int]:
    """One sentence on whether the ranking by the first choice survives, and how many choices agree with it (0 where it ranks nothing)."""
    first, of = next(iter(ranks)), len(ranks)
    count = Counter(ranks.values())
    rest = f"{count['undecided']} cannot tell, {count['uninterpretable']} are uninterpretable"
    if ranks[first] not in ("lower", "higher"):
        told = f"of {of} choices {count['lower']} rank tuned lower, {count['higher']} higher, {rest}"
        return f"By the first choice ({first}) the ranking of base and tuned is {ranks[first]}; {told}.", 0
    agree, against = count[ranks[first]], count["higher" if ranks[first] == "lower" else "lower"]
    told = f"{against} reverse it, {rest}"
    return f"By the first choice ({first}) tuned has the {ranks[first]} aoc; the ranking survives {agree} of {of} choices: {told}.", agree
