"""What a sweep varied: its axes, and its cells, each of one job or of one for every seed. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cotfaith.report.jobs import Job, natural

SEED = "seed"
NAMES = ("sweep", "share_dir", "row_dir", "resume", "dry_run", "name", "hydra.sweep.dir", "hydra.run.dir")  # they change no number
_DEFAULT = "default"  # of an option that only some of the jobs name


@dataclass(frozen=True)
class Cell:
    """One setting of all axes."""

    settings: Mapping[str, str]  # axis -> value
    jobs: tuple[Job, ...]  # more than one: they differ in their seed

    @property
    def name(self) -> str:
        alone = self.jobs[0].name if len(self.jobs) == 1 else "one setting"
        return ", ".join(f"{axis}={value}" for axis, value in self.settings.items()) or alone

    def number(self, axis: str) -> float | None:
        """The value of an axis as a number, None where it is none."""
        try:
            return float(self.settings[axis])
        except ValueError:
            return None


@dataclass(frozen=True)
class Grid:
    axes: tuple[str, ...]  # seeds are none
    cells: tuple[Cell, ...]

    @property
    def numeric(self) -> tuple[str, ...]:
        """The axes whose values are all numbers."""
        return tuple(axis for axis in self.axes if all(cell.number(axis) is not None for cell in self.cells))

    def label(self, job: Job) -> str:
        """What tells a job from the others."""
        cell = next(cell for cell in self.cells if job in cell.jobs)
        return f"{cell.name}, {SEED}={job.seed}" if len(cell.jobs) > 1 else cell.name

    def measured_on(self, dataset: str) -> tuple[Cell, ...]:
        """The cells whose jobs all measured the tuned model on a dataset."""
        return tuple(cell for cell in self.cells if all("tuned" in job.arms(dataset) for job in cell.jobs))

    def datasets(self) -> tuple[str, ...]:
        """All that some job measured."""
        return tuple(dict.fromkeys(name for cell in self.cells for job in cell.jobs for arm in job.metrics.values() for name in arm))


def grid(jobs: Sequence[Job]) -> Grid:
    """Axes are options with several values; jobs that differ in their seed alone are one cell, others of like settings one each."""
    named = dict.fromkeys(name for job in jobs for name in job.overrides if name not in (*NAMES, SEED))
    axes = tuple(name for name in named if len({job.overrides.get(name, _DEFAULT) for job in jobs}) > 1)
    cells: dict[tuple[str, ...], list[Job]] = {}
    for job in jobs:
        values = tuple(job.overrides.get(axis, _DEFAULT) for axis in axes)
        taken = {each.seed for each in cells.get(values, [])}
        key = (*values, str(job.store.folder)) if job.seed in taken else values
        cells.setdefault(key, []).append(job)
    made = [Cell(dict(zip(axes, key, strict=False)), tuple(of_cell)) for key, of_cell in cells.items()]
    ordered = sorted(made, key=lambda cell: [natural(value) for value in cell.settings.values()])
    return Grid(axes, tuple(ordered))
