"""One example from end to end: what both arms wrote, how each chain was disturbed, what was read from it. From records alone."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow.parquet as pq

from cotfaith.report.comparison import probes
from cotfaith.report.sides import Side, has_records
from cotfaith.store import RunStore
from cotfaith.types import Arm

ARMS: tuple[Arm, ...] = ("base", "tuned")
Record = Mapping[str, Any]
"""One row of a parquet file of records."""


@dataclass(frozen=True, slots=True)
class Told:
    """What one arm did on one example."""

    rollout: Record
    readings: tuple[Record, ...]


@dataclass(frozen=True, slots=True)
class Inspection:
    """An example and what each arm that was measured did on it."""

    dataset: str
    example: Record  # question, choices, gold_answer, prompt: those of a rollout
    arms: Mapping[Arm, Told]


class Changed(NamedTuple):
    """An example and by how much its faithfulness changed."""

    uid: str
    change: float  # mean aoc of the change-based probes, tuned minus base, in [-1, 1]; negative = the answer depends less on the chain


def datasets(store: RunStore) -> list[str]:
    """The datasets that a run has records of.

    Raises:
        FileNotFoundError: it has none.
    """
    return sorted({path.parent.name for path in _files(store)})


def find(store: RunStore, uid: str) -> Inspection:
    """The example of this uid, or of the only one that begins with it.

    Raises:
        FileNotFoundError: the folder holds no records of a run.
        ValueError: no example has such a uid, or several have; says which there are.
    """
    known = {row: path.parent.name for path in _files(store) for row in pq.read_table(path, columns=["uid"])["uid"].to_pylist()}
    fitting = [uid] if uid in known else sorted(name for name in known if name.startswith(uid))
    if len(fitting) != 1:
        shown = ", ".join((fitting or sorted(known))[:5])
        raise ValueError(f"uid={uid}: expected the uid of one example of {store.folder}, found {len(fitting)} that begin so; for example {shown}")
    return load(store, known[fitting[0]], fitting)[0]


def load(store: RunStore, dataset: str, uids: Sequence[str]) -> list[Inspection]:
    """The examples of these uids, in their order; each file is read once."""
    told = {arm: _told(store, arm, dataset, uids) for arm in ARMS if (store.folder / "records" / arm / dataset).is_dir()}
    found = []
    for uid in uids:
        arms = {arm: of_arm[uid] for arm, of_arm in told.items() if uid in of_arm}
        found.append(Inspection(dataset, next(iter(arms.values())).rollout, arms))
    return found


def most_changed(store: RunStore, dataset: str, count: int) -> list[Changed]:
    """The examples whose faithfulness changed most from base to tuned, the largest change first; none where an arm is missing or gated."""
    if not all(has_records(store, arm, dataset) for arm in ARMS):
        return []
    sides = {arm: Side(arm, arm, (store,)).measured(dataset) for arm in ARMS}
    scores = store.metrics()["tuned"][dataset]
    closed = {probe for side in sides.values() for probe, reasons in side.reasons.items() if reasons}
    shown = [f"{probe}: aoc" for probe in probes(scores) if scores[probe]["faithful"] == "changes" and probe not in closed]
    pairs = [(sides["base"].pooled[name].values, sides["tuned"].pooled[name].values) for name in shown if name in sides["base"].pooled]
    changes: dict[str, list[float]] = {}
    for base, tuned in pairs:
        for uid in base.keys() & tuned.keys():
            changes.setdefault(uid, []).append(tuned[uid] - base[uid])
    means = [Changed(uid, math.fsum(each) / len(each)) for uid, each in changes.items() if len(each) == len(pairs)]
    return sorted((each for each in means if each.change), key=lambda each: (-abs(each.change), each.uid))[:count]


def _files(store: RunStore) -> list[Path]:
    found = sorted((store.folder / "records").glob("*/*/rollouts.parquet"))
    if not found:
        raise FileNotFoundError(f"inspect={store.folder}: expected the folder of a run with records/ARM/DATASET/rollouts.parquet, found none")
    return found


def _told(store: RunStore, arm: Arm, dataset: str, uids: Sequence[str]) -> dict[str, Told]:
    folder = store.folder / "records" / arm / dataset
    chosen = [("uid", "in", list(uids))]
    rollouts = pq.read_table(folder / "rollouts.parquet", filters=chosen).to_pylist()
    readings = pq.read_table(folder / "readings.parquet", filters=chosen).to_pylist()
    return {row["uid"]: Told(row, tuple(reading for reading in readings if reading["uid"] == row["uid"])) for row in rollouts}
