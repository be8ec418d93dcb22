"""One side of a comparison: an arm of one run, or of several runs of different seeds, with all that is known of its examples."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import pyarrow.parquet as pq

from cotfaith.report.comparison import probes
from cotfaith.report.quantities import Quantity, quantities
from cotfaith.store import RunStore
from cotfaith.types import Arm

_ROLLOUT = ("uid", "gold_answer", "answer", "chain", "correct")  # the columns that are needed
_READING = ("uid", "probe", "alpha", "answer", "steps_kept", "logprob")


@dataclass(frozen=True)
class Side:
    """Reads the records of an arm when it is asked about a dataset."""

    name: str
    arm: Arm
    runs: tuple[RunStore, ...]  # more than one: they differ in their seed

    def measured(self, dataset: str) -> Measured:
        """What this side did on every example.

        Raises:
            FileNotFoundError: a run left no records.
        """
        of_runs = [_quantities(run, self.arm, dataset) for run in self.runs]
        shared = [name for name in of_runs[0] if all(name in found for found in of_runs)]
        floors = [run.metrics()[self.arm][dataset].get("aa_floor") for run in self.runs]
        return Measured(
            pooled={name: _pool([found[name] for found in of_runs]) for name in shared},
            by_run={name: tuple(found[name] for found in of_runs) for name in shared},
            reasons=self._reasons(dataset),
            floors=tuple(floor for floor in floors if floor is not None),
        )

    def _reasons(self, dataset: str) -> dict[str, tuple[str, ...]]:
        """Why the numbers of a probe or measure must not be read, by its name; where there are several runs, one closed gate decides for all."""
        found: dict[str, tuple[str, ...]] = {}
        for run in self.runs:
            scores = run.metrics()[self.arm][dataset]
            of_run = f", run {run.folder.name}" if len(self.runs) > 1 else ""
            for name, gated in ((name, value) for name, value in scores.items() if isinstance(value, Mapping) and "gates" in value):
                found[name] = (*found.get(name, ()), *(f"{self.name}{of_run}, {name}: {reason}" for reason in gated["gates"]))
        return found


@dataclass(frozen=True)
class Measured:
    """A side on one dataset."""

    pooled: Mapping[str, Quantity]  # of each example, the mean over the runs that have data
    by_run: Mapping[str, tuple[Quantity, ...]]  # one for each run
    reasons: Mapping[str, tuple[str, ...]]  # probe -> why its numbers are uninterpretable
    floors: Sequence[Mapping[str, Any]]  # A/A floor of each run: share, n

    @cached_property
    def correct(self) -> frozenset[str]:
        """The uids that every run answers correctly."""
        return frozenset(uid for uid, value in self.pooled["cot_accuracy"].values.items() if value == 1)


def has_records(run: RunStore, arm: Arm, dataset: str) -> bool:
    """Whether the run kept what this arm wrote on the dataset, and scored it."""
    folder = run.folder / "records" / arm / dataset
    return dataset in run.metrics().get(arm, {}) and (folder / "rollouts.parquet").is_file() and (folder / "readings.parquet").is_file()


def _quantities(run: RunStore, arm: Arm, dataset: str) -> dict[str, Quantity]:
    folder = run.folder / "records" / arm / dataset
    rollouts = pq.read_table(folder / "rollouts.parquet", columns=list(_ROLLOUT)).to_pylist()
    there = pq.read_schema(folder / "readings.parquet").names  # records of an older version have no log-probabilities
    readings = pq.read_table(folder / "readings.parquet", columns=[name for name in _READING if name in there]).to_pylist()
    gains = pq.read_table(folder / "gains.parquet").to_pylist() if (folder / "gains.parquet").is_file() else []
    return quantities(rollouts, readings, probes(run.metrics()[arm][dataset]), gains)


def _pool(found: Sequence[Quantity]) -> Quantity:
    """One quantity of several runs: of each example the mean, which is yes or no no longer."""
    if len(found) == 1:
        return found[0]
    values = {uid: [each.values[uid] for each in found if not math.isnan(each.values.get(uid, math.nan))] for each in found for uid in each.values}
    means = {uid: sum(known) / len(known) if known else math.nan for uid, known in values.items()}
    return replace(found[0], values=means, binary=False)
