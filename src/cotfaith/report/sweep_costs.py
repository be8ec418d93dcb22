"""What every job of a sweep cost, as rows of text."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from cotfaith.report.comparison import probes
from cotfaith.report.grid import Grid
from cotfaith.report.jobs import Job

_PHASES = ("write", "read", "score")


def cost_rows(grid: Grid) -> tuple[list[str], list[list[str]]]:
    """Columns and rows: what every job cost; what it took from another job is not counted."""
    jobs = [job for cell in grid.cells for job in cell.jobs]
    columns = ["job", "status", "adapter", "training", "tokens a second", "measuring", "studies", "tokens measured", "base from", "peak memory"]
    return columns, [[grid.label(job), job.status, job.adapter, *_costs(job)] for job in jobs]


def _costs(job: Job) -> list[str]:
    scores = [(arm, of) for arm, by_dataset in job.metrics.items() for of in by_dataset.values() if probes(of) or "cot_accuracy" in of]
    costs = [of["cost"] | {"arm": arm} for arm, of in scores if "cost" in of]
    own = [cost for cost in costs if not cost.get("shared")]
    training: dict[str, float] = next((of["training"] for _, of in scores if "training" in of), {})
    studies = [of["cost"] for by_dataset in job.store.studies().values() for of in by_dataset.values() if "cost" in of]
    tokens = sum(int(cost.get(f"{phase}_tokens", 0)) for cost in (*own, *studies) for phase in _PHASES)
    shared = [cost["shared"] for cost in costs if cost["arm"] == "base" and "shared" in cost]
    source = "-" if not shared else "another run" if min(shared) == 1 else "this run" if max(shared) == 0 else "both"
    memory = job.manifest.get("peak_bytes")
    return [
        f"{training['seconds']:.0f} s" if training else "-",
        f"{training['tokens_per_second']:,.0f}" if training else "-",
        f"{_seconds(own):.0f} s" if costs else "-",
        f"{_seconds(studies):.0f} s" if studies else "-",
        f"{tokens:,}" if costs else "-",
        source,
        f"{memory / 2**30:.2f} GiB" if memory else "-",
    ]


def _seconds(costs: Sequence[Mapping[str, float]]) -> float:
    return math.fsum(cost.get(f"{phase}_seconds", 0.0) for cost in costs for phase in _PHASES)
