"""The jobs of a sweep, read from whatever folders there are: finished, failed, or ended before they could say anything."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from cotfaith.analysis.objective import Objective
from cotfaith.cells import SUPERSEDED
from cotfaith.store import RunStore, Scores


@dataclass(frozen=True)
class Job:
    """One run. overrides: what the command line said, name -> value."""

    store: RunStore
    overrides: Mapping[str, str]

    @property
    def name(self) -> str:
        return self.store.folder.name

    @cached_property
    def status(self) -> str:
        return self.store.status()

    @cached_property
    def metrics(self) -> dict[str, dict[str, Scores]]:
        """As in metrics.json; {} where there is none."""
        return self.store.metrics() if (self.store.folder / "metrics.json").exists() else {}

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """As in manifest.json; {} where there is none."""
        return self.store.manifest() if (self.store.folder / "manifest.json").exists() else {}

    @property
    def seed(self) -> str:
        """What the command line said, else what the run was left with; "default" where it left nothing."""
        return self.overrides.get("seed", str(self.manifest.get("seed", "default")))

    @property
    def trained_on(self) -> str:
        return str(self.manifest.get("trained_on") or "-")

    @property
    def adapter(self) -> str:
        """Rank, scale, and what the scaling policy holds constant; or that all weights were trained."""
        lora, method = self.manifest.get("lora"), self.manifest.get("method")
        if lora is None:
            return "all weights" if method == "full" else "-"
        scaling = f", {policy}" if (policy := self.manifest.get("scaling")) else ""  # an evaluation knows of none
        return f"r {lora['r']}, scale {lora['scale']:.3g}{scaling}{', dora' if method == 'dora' else ''}"

    @property
    def goal(self) -> Objective:
        """What the job was to be judged by; a run from before there was a choice by its gates alone."""
        chosen = (self.store.cell() or {}).get("config", {}).get("objective", {"keeps": 0.0})
        return Objective(keeps=chosen["keeps"])

    def arms(self, dataset: str) -> dict[str, Scores]:
        """The scores of one dataset by arm."""
        return {arm: scores[dataset] for arm, scores in self.metrics.items() if dataset in scores}


def read_jobs(folders: Iterable[Path]) -> list[Job]:
    """The jobs in these folders, each of them a job's own or one that holds jobs; in the order of their numbers, every job once.

    Raises:
        FileNotFoundError: a folder holds no run.
    """
    found: dict[Path, Job] = {}
    for folder in folders:
        jobs = [path.parent.parent for path in folder.glob("**/.hydra/overrides.yaml") if SUPERSEDED not in path.relative_to(folder).parts]
        if not jobs:
            raise FileNotFoundError(f"{folder}: expected the folder of a run or of a sweep, found no .hydra/overrides.yaml in it")
        for job in sorted(jobs, key=lambda path: natural(str(path))):
            found[job.resolve()] = Job(RunStore(job), _overrides(job / ".hydra" / "overrides.yaml"))
    return list(found.values())


def natural(text: str) -> list[tuple[int, float, str]]:
    """A key to sort by: rank 8 comes before rank 16, and 1e-4 before 1e-3."""
    pieces = re.split(r"((?<![\w.])\d+(?:\.\d+)?(?:e[+-]?\d+)?|\d+)", text)
    return [(0, float(piece), "") if place % 2 else (1, 0.0, piece) for place, piece in enumerate(pieces)]


def _overrides(path: Path) -> dict[str, str]:
    listed = [str(line).lstrip("+~").partition("=") for line in yaml.safe_load(path.read_text()) or []]
    return {name.split("@")[0]: value for name, _, value in listed}
