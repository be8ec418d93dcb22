"""A sweep as a table to compute with: one row for each job and dataset, every number in a column of its own."""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from pathlib import Path

from cotfaith.report.comparison import UNINTERPRETABLE, reasons
from cotfaith.report.estimates import Estimate, estimates
from cotfaith.report.grid import NAMES
from cotfaith.report.jobs import Job
from cotfaith.types import Arm

_ARMS: tuple[Arm, ...] = ("base", "tuned")


def write_csv(jobs: Sequence[Job], path: Path) -> None:
    """Every option that some job's command line named is a column, the seed in any case.

    A number that cannot be read or is not there is an empty cell; the reasons stand in the last column.
    """
    options = [name for name in dict.fromkeys(name for job in jobs for name in job.overrides) if name not in ("seed", *NAMES)]
    rows = [row for job in jobs for row in _rows(job, options)]
    columns = list(dict.fromkeys(name for row in rows for name in row if name != UNINTERPRETABLE))
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, [*columns, UNINTERPRETABLE], restval="")
        writer.writeheader()
        writer.writerows(rows)


def _rows(job: Job, options: Sequence[str]) -> list[dict[str, str]]:
    facts = {"job": job.name, "status": job.status, "adapter": job.adapter, "seed": job.seed}
    facts |= {option: job.overrides.get(option, "") for option in options}
    datasets = list(dict.fromkeys(name for arm in job.metrics.values() for name in arm))
    return [facts | _numbers(job, dataset) for dataset in datasets] or [facts]


def _numbers(job: Job, dataset: str) -> dict[str, str]:
    row = {"dataset": dataset, UNINTERPRETABLE: "; ".join(reasons(job.metrics, dataset))}
    for arm in _ARMS:
        for name, estimate in estimates([job.store], arm, dataset).items():
            row |= {f"{name} {arm}{end}": _number(estimate, value) for end, value in _ends(estimate)}
        for group in ("cost", "training"):
            row |= {f"{group} {name} {arm}": str(value) for name, value in job.arms(dataset).get(arm, {}).get(group, {}).items()}
    return row


def _ends(estimate: Estimate) -> tuple[tuple[str, float], ...]:
    return ("", estimate.mean), (" low", estimate.low), (" high", estimate.high)


def _number(estimate: Estimate, value: float) -> str:
    return "" if estimate.reasons or math.isnan(value) else f"{value:.6g}"
