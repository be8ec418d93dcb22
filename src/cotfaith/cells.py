"""A cell of a sweep: the run of one folder under all that its numbers depend on. Skipped where finished, gone on with where broken."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from itertools import chain, count
from pathlib import Path
from typing import Literal

import torch

from cotfaith.alone import alone_in
from cotfaith.identity import Facts, content_key, differences
from cotfaith.store import RunStore

log = logging.getLogger(__name__)

State = Literal["new", "finished", "broken", "changed"]
SUPERSEDED = ".superseded"  # holds the runs of a sweep that were set aside
_SHOWN = 3  # of the differences between two cells: the others are counted


@dataclass(frozen=True)
class Cell:
    """facts: what this run's numbers depend on, see `identity.cell_facts`."""

    store: RunStore
    facts: Facts

    @property
    def state(self) -> State:
        """What the folder holds: nothing, this run (finished or broken), or a run that depends on something else."""
        before = self.store.cell()
        if before is None:
            return "changed" if (self.store.folder / "metrics.json").exists() else "new"
        if before != json.loads(json.dumps(self.facts)):
            return "changed"
        return "finished" if self.store.status() == "finished" else "broken"

    @property
    def checkpoint(self) -> Path | None:
        """Where a broken run can be gone on from."""
        last = self.store.folder / "checkpoints" / "last.ckpt"
        return last if self.state == "broken" and last.is_file() else None

    @property
    def step(self) -> int:
        """The optimizer step of the checkpoint; 0 without one."""
        return int(torch.load(self.checkpoint, map_location="cpu", weights_only=True, mmap=True)["global_step"]) if self.checkpoint else 0

    def resume(self, *, writes: bool = True) -> Path | None:
        """Make the folder ready to go on; the checkpoint to go on from, None from the start.

        writes: whether this process of several is the one that does so.

        Raises:
            FileExistsError: it holds a run of other settings.
        """
        if self.state == "changed":
            raise FileExistsError(f"{self.store.folder} holds another run: {self.changes()}; choose another sweep=NAME, or move it away")
        checkpoint, step = self.checkpoint, self.step
        if writes and self.state == "broken":
            log.info("goes on %s: %s", f"at step {step}" if checkpoint else "from the start, without a checkpoint", self.store.folder)
        if writes:
            self.store.rewind(step)
        return checkpoint

    def changes(self) -> str:
        """What this run would do differently from the one in the folder."""
        found = differences(self.store.cell() or {}, json.loads(json.dumps(self.facts)))
        more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
        return ", ".join(found[:_SHOWN]) + more

    def set_aside(self) -> Path:
        """Move the run of other settings out of the way; nothing is deleted.

        Raises:
            RuntimeError: it is still running.
        """
        folder = self.store.folder
        name = folder.parent / SUPERSEDED / f"{folder.name}-{content_key(self.store.cell() or {})[:8]}"
        name.parent.mkdir(parents=True, exist_ok=True)
        with alone_in(folder):
            names = chain([name], (name.with_name(f"{name.name}-{place}") for place in count(1)))
            return folder.rename(next(each for each in names if not each.exists()))
