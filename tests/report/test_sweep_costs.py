"""What a sweep cost, job by job."""

from __future__ import annotations

from pathlib import Path

from cotfaith.report.grid import grid
from cotfaith.report.jobs import read_jobs
from cotfaith.report.sweep_costs import cost_rows
from cotfaith.types import Gain
from tests.report.sweeps import MIXED, make_job


def test_what_was_taken_from_another_run_is_not_counted_again(tmp_path: Path) -> None:
    spent = {f"{phase}_{unit}": 5.0 for phase in ("write", "read", "score") for unit in ("tokens", "forwards", "seconds")}
    for rank, shared in ((8, 0.0), (16, 1.0)):
        store = make_job(tmp_path, {"lora.r": rank}, MIXED)
        store.put_scores("test", "base", "recall", 0, {"cost": spent | {"shared": shared}})
        store.put_scores("test", "tuned", "recall", 0, {"cost": spent | {"shared": 0.0}})
    store.put_study("chain_swap", "recall", {"cost": {"write_seconds": 2.0, "read_seconds": 4.0, "read_tokens": 7}}, Gain, [])  # of the second
    columns, rows = cost_rows(grid(read_jobs([tmp_path])))
    named = [dict(zip(columns, row, strict=True)) for row in rows]
    assert [row["measuring"] for row in named] == ["30 s", "15 s"]
    assert [row["studies"] for row in named] == ["-", "6 s"]
    assert [row["tokens measured"] for row in named] == ["30", "22"]
    assert [row["base from"] for row in named] == ["this run", "another run"]
