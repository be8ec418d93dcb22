"""A folder of a sweep: which run it holds, and what is done with it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import torch

from cotfaith.alone import alone_in
from cotfaith.cells import Cell
from cotfaith.store import RunStore

FACTS = {"config": {"lora": {"r": 8, "alphas": (0, 1)}}, "source": "ab"}


def left_behind(folder: Path, status: str, *, step: int | None = None) -> RunStore:
    """A run of FACTS that came this far: scored at step 2 and 4, its last checkpoint at `step`."""
    store = RunStore(folder)
    store.begin()
    store.put_cell(FACTS)
    for at in (0, 2, 4):
        store.put_scores("val", "base" if at == 0 else "tuned", "recall", at, {"n": at})
    store.put_scores("test", "base", "recall", 4, {"n": 1})
    if step is not None:
        (folder / "checkpoints").mkdir()
        torch.save({"global_step": step}, folder / "checkpoints" / "last.ckpt")
    store.put_status(status)
    return store


def test_an_empty_folder_is_new(tmp_path: Path) -> None:
    assert Cell(RunStore(tmp_path), FACTS).state == "new"


@pytest.mark.parametrize(("status", "state"), [("finished", "finished"), ("failed", "broken"), ("running", "broken"), ("preempted", "broken")])
def test_a_run_of_the_same_facts_is_known_again(tmp_path: Path, status: str, state: str) -> None:
    assert Cell(left_behind(tmp_path, status), FACTS).state == state


def test_a_finished_run_of_other_facts_is_not_taken_for_this_one(tmp_path: Path) -> None:
    other: dict[str, Any] = {"config": {"lora": {"r": 16, "alphas": (0, 1)}}, "source": "ab"}
    cell = Cell(left_behind(tmp_path, "finished"), other)
    assert cell.state == "changed"
    with pytest.raises(FileExistsError, match=r"holds another run: config\.lora\.r: 8 -> 16; choose another sweep"):
        cell.resume()


def test_a_finished_run_from_before_cells_is_not_taken_for_this_one(tmp_path: Path) -> None:
    RunStore(tmp_path).put_scores("test", "base", "recall", 0, {"n": 1})
    assert Cell(RunStore(tmp_path), FACTS).state == "changed"


def test_resuming_goes_back_to_the_checkpoint_and_forgets_what_lies_behind(tmp_path: Path) -> None:
    store = left_behind(tmp_path, "failed", step=2)
    assert Cell(store, FACTS).resume() == tmp_path / "checkpoints" / "last.ckpt"
    assert [line["step"] for line in store.validations()] == [2]
    assert not (tmp_path / "metrics.json").exists()


def test_without_a_checkpoint_a_broken_run_begins_again(tmp_path: Path) -> None:
    store = left_behind(tmp_path, "preempted")
    assert Cell(store, FACTS).resume() is None
    assert store.validations() == []


def test_a_run_that_is_set_aside_loses_nothing(tmp_path: Path) -> None:
    store = left_behind(tmp_path / "lora.r-8", "finished", step=4)
    aside = Cell(store, FACTS).set_aside()
    assert (aside.parent, (tmp_path / "lora.r-8").exists()) == (tmp_path / ".superseded", False)
    assert RunStore(aside).status() == "finished"


def test_runs_of_the_same_facts_are_set_aside_beside_one_another(tmp_path: Path) -> None:
    moved = [Cell(left_behind(tmp_path / "lora.r-8", "finished"), FACTS).set_aside() for _ in range(3)]
    assert len({path.name for path in moved if path.is_dir()}) == 3
    shutil.rmtree(moved[0])
    assert Cell(left_behind(tmp_path / "lora.r-8", "finished"), FACTS).set_aside().is_dir()


def test_a_run_that_still_runs_is_not_set_aside(tmp_path: Path) -> None:
    store = left_behind(tmp_path / "lora.r-8", "running")
    with alone_in(store.folder), pytest.raises(RuntimeError, match="another process runs in this folder"):
        Cell(store, FACTS).set_aside()
    assert store.status() == "running"
