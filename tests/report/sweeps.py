"""Sweeps as they lie on disk, made without a model."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from cotfaith.store import RunStore
from tests.report.runs import DECORATIVE, FAITHFUL, WRONG, Arms, make_run

MIXED: Arms = {"base": [FAITHFUL] * 3 + [WRONG], "tuned": [FAITHFUL] * 4}
GIVEN_UP: Arms = {"base": [FAITHFUL] * 3 + [WRONG], "tuned": [DECORATIVE] * 4}


def make_job(sweep: Path, overrides: Mapping[str, object], arms: Arms | None = None, *, status: str = "finished", **manifest: Any) -> RunStore:
    """One job of a sweep; without arms one that came to nothing."""
    folder = sweep / "_".join(f"{name}-{value}" for name, value in overrides.items())
    (folder / ".hydra").mkdir(parents=True)
    (folder / ".hydra" / "overrides.yaml").write_text(yaml.safe_dump([f"{name}={value}" for name, value in overrides.items()]))
    store = make_run(folder, arms, trained_on="recall", **manifest) if arms else RunStore(folder)
    store.put_status(status, "ValueError: lora.r" if status == "failed" else None)
    for arm in arms or {}:  # the numbers that gates and goals are about
        right = [wrote.own == "1" for wrote in arms[arm]]  # type: ignore[index]  # there are some
        aoc = 0.25 if arms[arm][0] is DECORATIVE else 0.75  # type: ignore[index]
        scores = store.metrics()[arm]["recall"]["filler"]
        for split in ("val", "test"):
            step = 4 if arm == "tuned" else 0
            store.put_scores(split, arm, "recall", step, {"cot_accuracy": sum(right) / len(right)})  # type: ignore[arg-type]  # they are splits
            store.put_scores(split, arm, "recall", step, scores | {"aoc": aoc}, probe="filler")  # type: ignore[arg-type]
    return store
