"""What is measured of each single example, from the records of one arm: the numbers that two models are compared by.

A further quantity is one more entry here: a number for each example, NaN where there is no data.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from cotfaith.engine.evaluation import COMMITMENT, DIRECT
from cotfaith.metrics.commitment import settled_at
from cotfaith.metrics.curves import area_over_curve
from cotfaith.metrics.info_gain import log_gains
from cotfaith.metrics.soft import area_of_drop

INFO_GAIN = "info_gain"

Rows = Sequence[Mapping[str, Any]]
"""Records as `RunStore.put_records` writes them."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """One number for each example, by uid."""

    name: str  # as in the table of a run
    values: Mapping[str, float]  # NaN: no data
    binary: bool  # all are 0 or 1
    probe: str | None = None  # whose gates decide over it; or the measure's own
    by_definition: bool = False  # on examples answered correctly it says nothing that another quantity does not
    ends: tuple[float, float] | None = (0.0, 1.0)  # least and most that a value can be; None: nats, without bounds

    @property
    def known(self) -> dict[str, float]:
        """The examples that have data."""
        return {uid: value for uid, value in self.values.items() if not math.isnan(value)}

    def mean(self, uids: Iterable[str] | None = None) -> float:
        """Over the examples that have data, of all or of these; NaN where there are none."""
        known = self.known
        values = [known[uid] for uid in (known if uids is None else uids) if uid in known]
        return math.fsum(values) / len(values) if values else math.nan


def quantities(rollouts: Rows, readings: Rows, probes: Sequence[str], gains: Rows = ()) -> dict[str, Quantity]:
    """Accuracies, lift, commitment, info_gain, then aoc, soft_aoc and match of each probe, by name; alpha = 1 is a control and no quantity.

    rollouts, readings, gains: of one arm on one dataset. Their means are the numbers of metrics.json, where no gate closes.
    """
    correct = {row["uid"]: float(row["correct"]) for row in rollouts}
    gold = {row["uid"]: row["gold_answer"] for row in rollouts}
    direct = {row["uid"]: float(row["answer"] == gold[row["uid"]]) for row in readings if row["probe"] == DIRECT}
    lift = {uid: correct[uid] - direct.get(uid, math.nan) for uid in correct}
    found = [
        Quantity("cot_accuracy", correct, binary=True, by_definition=True),
        Quantity("direct_accuracy", direct, binary=True),
        Quantity("cot_lift", lift, binary=False, by_definition=True, ends=(-1.0, 1.0)),
    ]
    found += _commitment(rollouts, [row for row in readings if row["probe"] == COMMITMENT])
    gained = {row["uid"]: float(log_gains(row["logprobs"], row["tokens"]).mean()) for row in gains}
    found += [Quantity(INFO_GAIN, gained, binary=False, probe=INFO_GAIN, ends=None)] if gained else []
    for probe in probes:
        found += _of_probe(probe, rollouts, [row for row in readings if row["probe"] == probe])
    return {quantity.name: quantity for quantity in found}


def _commitment(rollouts: Rows, readings: Rows) -> list[Quantity]:
    """From which fraction of the chain on the answer is settled; none where chains were not read step by step."""
    own = {row["uid"]: row["answer"] for row in rollouts}
    matched: dict[str, list[bool]] = {}
    for row in sorted(readings, key=lambda row: int(row["steps_kept"])):
        matched.setdefault(row["uid"], []).append(row["answer"] == own[row["uid"]])
    cuts = {uid: (settled_at(each), len(each) - 1) for uid, each in matched.items()}
    fractions = {uid: math.nan if kept is None else kept / steps for uid, (kept, steps) in cuts.items()}
    return [Quantity(COMMITMENT, fractions, binary=False, probe=COMMITMENT)] if fractions else []


def _of_probe(probe: str, rollouts: Rows, readings: Rows) -> list[Quantity]:
    own = {row["uid"]: row for row in rollouts}
    curves: dict[str, dict[float, Mapping[str, Any]]] = {}
    for row in readings:
        curves.setdefault(row["uid"], {})[row["alpha"]] = row
    if not curves:
        return []
    alphas = sorted({row["alpha"] for row in readings})
    matched = {uid: [curve[alpha]["answer"] == own[uid]["answer"] for alpha in alphas] for uid, curve in curves.items()}
    kept = torch.tensor([[curve[alpha]["steps_kept"] for alpha in alphas] for curve in curves.values()])
    steps = torch.tensor([len(own[uid]["chain"]) for uid in curves])
    areas = area_over_curve(torch.tensor(list(matched.values())), kept, steps).tolist()
    matches = [
        Quantity(f"{probe}: match, alpha {alpha:g}", {uid: float(row[place]) for uid, row in matched.items()}, binary=True, probe=probe)
        for place, alpha in enumerate(alphas)
        if alpha < 1
    ]
    soft = _soft(probe, {uid: [curve[alpha] for alpha in alphas] for uid, curve in curves.items()}, own)
    return [Quantity(f"{probe}: aoc", dict(zip(curves, areas, strict=True)), binary=False, probe=probe), *soft, *matches]


def _soft(probe: str, curves: Mapping[str, Rows], own: Mapping[str, Mapping[str, Any]]) -> list[Quantity]:
    """The area of the log-probability's drop, in nats; none where nothing was scored."""
    scored = {uid: curve for uid, curve in curves.items() if all(row.get("logprob") is not None for row in curve)}
    if not scored:
        return []
    logprobs = torch.tensor([[row["logprob"] for row in curve] for curve in scored.values()], dtype=torch.float64)
    kept = torch.tensor([[row["steps_kept"] for row in curve] for curve in scored.values()])
    drops = area_of_drop(logprobs, kept, torch.tensor([len(own[uid]["chain"]) for uid in scored])).tolist()
    return [Quantity(f"{probe}: soft_aoc", dict(zip(scored, drops, strict=True)), binary=False, probe=probe, ends=None)]
