"""The summary of a sweep: one line per job, made from the folders of whatever jobs there are."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cotfaith.report.comparison import UNINTERPRETABLE, probes
from cotfaith.report.terminal import show_table
from cotfaith.store import RunStore, Scores


@dataclass(frozen=True, slots=True)
class Job:
    """One job: its folder's name (the overrides), whether it finished, its final scores on each dataset."""

    name: str
    status: str
    metrics: dict[str, dict[str, Scores]]


def summarise(folder: Path) -> list[Job]:
    """Print the summary of a sweep and write it to summary.csv."""
    jobs = [_job(path.parent.parent, folder) for path in sorted(folder.glob("**/.hydra/overrides.yaml"))]
    columns, rows = table(jobs)
    with (folder / "summary.csv").open("w", newline="") as file:
        csv.writer(file).writerows([columns, *rows])
    show_table(f"sweep {folder}: base -> tuned, test split", columns, rows)
    return jobs


def table(jobs: Sequence[Job]) -> tuple[list[str], list[list[str]]]:
    """Columns and rows: accuracies and lift, then the aoc of every probe, as ``base -> tuned``."""
    named = list(dict.fromkeys(p for job in jobs for arm in job.metrics.values() for s in arm.values() for p in probes(s)))
    columns = ["job", "status", "dataset", "cot_accuracy", "direct_accuracy", "cot_lift", *(f"aoc {probe}" for probe in named)]
    rows = []
    for job in jobs:
        for dataset in list(job.metrics.get("tuned", {})) or ["-"]:
            base, tuned = (job.metrics.get(arm, {}).get(dataset, {}) for arm in ("base", "tuned"))
            cells = [_pair(base.get(name), tuned.get(name)) for name in ("cot_accuracy", "direct_accuracy", "cot_lift")]
            cells += [_pair(*(_aoc(arm.get(probe)) for arm in (base, tuned))) for probe in named]
            rows.append([job.name, job.status, dataset, *cells])
    return columns, rows


def _job(folder: Path, sweep: Path) -> Job:
    store = RunStore(folder)
    status = store.status()
    return Job(str(folder.relative_to(sweep)), status, store.metrics() if (folder / "metrics.json").exists() else {})


def _aoc(scores: Scores | None) -> float | str | None:
    if scores is None:
        return None
    return UNINTERPRETABLE if scores["gates"] else scores["aoc"]


def _pair(base: float | str | None, tuned: float | str | None) -> str:
    cells = [f"{value:.3f}" if isinstance(value, float) else value or "-" for value in (base, tuned)]
    return " -> ".join(cells) if cells[0] != cells[1] else cells[0]
