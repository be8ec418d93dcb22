"""The summary of a sweep: one line per job, made from the folders of whatever jobs there are."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from cotfaith.report.comparison import probes
from cotfaith.report.matrix import ACCURACIES, Model, aoc, matrix, number
from cotfaith.report.terminal import show_line, show_table
from cotfaith.store import RunStore, Scores


@dataclass(frozen=True, slots=True)
class Job:
    """One job of a sweep."""

    name: str  # the overrides
    status: str  # finished, failed or running
    adapter: str  # rank, scale and what the scaling policy holds constant
    metrics: dict[str, dict[str, Scores]]  # as in metrics.json
    model: str = "-"  # the base
    trained_on: str = "-"  # a dataset


def summarise(folder: Path) -> list[Job]:
    """Print the summary of a sweep, base -> tuned, and write it to summary.csv with a column for each."""
    jobs = [_job(path.parent.parent, folder) for path in sorted(folder.glob("**/.hydra/overrides.yaml"), key=_natural)]
    columns, rows = table(jobs)
    with (folder / "summary.csv").open("w", newline="") as file:
        split = [name for column in columns[4:] for name in (f"{column} base", f"{column} tuned")]
        csv.writer(file).writerows([[*columns[:4], *split], *([*row.facts, *(cell for pair in row.pairs for cell in pair)] for row in rows)])
    shown = [[*row.facts, *(" -> ".join(dict.fromkeys(pair)) for pair in row.pairs)] for row in rows]
    show_table(f"sweep {folder}: base -> tuned, test split", columns, shown)
    transfer = matrix(_models(jobs))
    if len(transfer.datasets) > 1 and transfer.rows:
        show_table("trained on against evaluated on, test split", transfer.columns, transfer.rows)
    show_line(f"the same as a table to compute with: {folder / 'summary.csv'}")
    return jobs


def _models(jobs: Sequence[Job]) -> list[Model]:
    """The base models, each with all datasets that some job measured it on, then every adapter by dataset and job.

    Jobs that measured one dataset and got other numbers had another base (quantisation, prompts, examples): it has a row of its own.
    """
    bases: list[tuple[str, dict[str, Scores]]] = []
    for job in jobs:
        base = {name: {key: value for key, value in scores.items() if key != "cost"} for name, scores in job.metrics.get("base", {}).items()}
        same = [known for model, known in bases if model == job.model and all(known.get(name, base[name]) == base[name] for name in base)]
        if same:
            same[0].update(base)
        elif base:
            bases.append((job.model, base))
    several = len(bases) > len({model for model, _ in bases})
    names = [f"(base {model}{f', {place}' if several else ''})" for place, (model, _) in enumerate(bases, 1)]
    tuned = [Model(f"{job.trained_on} ({job.name})", job.metrics["tuned"]) for job in jobs if "tuned" in job.metrics]
    return [*(Model(name, scores) for name, (_, scores) in zip(names, bases, strict=True)), *tuned]


def _natural(path: Path) -> list[str | int]:
    """Rank 8 comes before rank 16."""
    return [int(piece) if piece.isdigit() else piece for piece in re.split(r"(\d+)", str(path))]


class Line(NamedTuple):
    """One job on one dataset."""

    facts: tuple[str, str, str, str]  # job, status, adapter, dataset
    pairs: tuple[tuple[str, str], ...]  # base and tuned, of each further column


def table(jobs: Sequence[Job]) -> tuple[list[str], list[Line]]:
    """Columns and lines: accuracies and lift, then the aoc of every probe."""
    named = list(dict.fromkeys(p for job in jobs for arm in job.metrics.values() for s in arm.values() for p in probes(s)))
    columns = ["job", "status", "adapter", "dataset", *ACCURACIES, *(f"aoc {probe}" for probe in named)]
    lines = []
    for job in jobs:
        for dataset in list(job.metrics.get("tuned", {})) or ["-"]:
            base, tuned = (job.metrics.get(arm, {}).get(dataset, {}) for arm in ("base", "tuned"))
            pairs = [(number(base.get(name)), number(tuned.get(name))) for name in ACCURACIES]
            pairs += [(aoc(base.get(probe)), aoc(tuned.get(probe))) for probe in named]
            lines.append(Line((job.name, job.status, job.adapter, dataset), tuple(pairs)))
    return columns, lines


def _job(folder: Path, sweep: Path) -> Job:
    store = RunStore(folder)
    manifest = store.manifest() if (folder / "manifest.json").exists() else {}
    lora = manifest.get("lora")
    untold = "all weights" if manifest.get("method") == "full" else "-"
    adapter = f"r {lora['r']}, scale {lora['scale']:.3g}, {manifest['scaling']}{', dora' * (manifest.get('method') == 'dora')}" if lora else untold
    metrics = store.metrics() if (folder / "metrics.json").exists() else {}
    return Job(str(folder.relative_to(sweep)), store.status(), adapter, metrics, manifest.get("model", "-"), manifest.get("trained_on", "-"))
