"""Sweeps from the command line: the plan, what it refuses, and what is set aside."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from omegaconf import DictConfig, OmegaConf

from cotfaith.cells import Cell
from cotfaith.store import RunStore
from cotfaith.sweeping import Planning, _look, _speed, _what, check_name

pytestmark = pytest.mark.xdist_group("sweeping")
TINY = (
    *("dataset=arithmetic", "dataset.train_size=16", "dataset.val_size=2", "dataset.test_size=2", "dataset.max_steps=2"),
    *("probe=[filler]", "engine.max_new_tokens=64", "callbacks.progress=null", "logger=none"),
)


def command(root: Path, folder: Path, *overrides: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"WANDB_MODE": "offline"}
    arguments = [sys.executable, str(root / "train.py"), *overrides, *TINY]
    return subprocess.run(arguments, capture_output=True, text=True, cwd=folder, env=environment, check=False)


def line(out: str, name: str) -> str:
    return next(each for each in out.splitlines() if name in each)


def test_a_dry_run_finds_what_is_wrong_with_any_cell_and_runs_none(root: Path, tmp_path: Path) -> None:
    # several processes: Lightning starts the command again for each, and each would run the whole sweep
    done = command(root, tmp_path, "-m", "lora.r=4,0", "data.max_length=512,5", "trainer.devices=1,2", "dry_run=true")
    said = " ".join(done.stdout.replace("│", " ").split())
    assert done.returncode == 1
    assert "new" in line(done.stdout, "lora.r=4, data.max_length=512, trainer.devices=1")
    assert all(reason in said for reason in ("data.max_length=5 is too short", "expected a rank of at least 1", "trainer.devices=2 in a sweep"))
    assert not (tmp_path / "multirun").exists()


def test_a_dry_run_of_one_run_ends_well_and_leaves_nothing(root: Path, tmp_path: Path) -> None:
    done = command(root, tmp_path, "dry_run=true")
    assert (done.returncode, [path for path in tmp_path.rglob("*") if path.is_file() and ".hydra" not in path.parts]) == (0, [])
    assert "16" in line(done.stdout, "this run")


def test_whatever_the_plan_stumbles_over_refuses_the_cell(tmp_path: Path) -> None:
    # Hydra 1.3 makes a warning of what a callback raises, and starts the sweep, a dry run's too
    plan = _look("odd", None, tmp_path, False, None)  # type: ignore[arg-type]  # that is the fault
    assert plan.what.startswith("refused: AttributeError: ")
    assert plan.work is None


def test_a_value_of_the_wrong_kind_is_refused_in_a_dry_run_by_name(root: Path, tmp_path: Path) -> None:
    done = command(root, tmp_path, "-m", "lora.r=4,4.5", "dry_run=true", "sweep=odd")
    assert (done.returncode, "Launching" in done.stdout + done.stderr) == (1, False)
    assert "refused: lora.r: expected int, got 4.5" in done.stdout


def test_a_name_that_no_file_system_takes_is_refused_with_the_remedy(tmp_path: Path) -> None:
    check_name(tmp_path / ("ä" * 127))
    with pytest.raises(ValueError, match=r"at most 255 bytes, got 256; .* hydra\.sweep\.subdir="):
        check_name(tmp_path / ("ä" * 128))


def test_a_trial_that_fails_leaves_the_speed_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_: DictConfig) -> None:
        raise RuntimeError("out of memory")

    monkeypatch.setattr("cotfaith.trial.speed_of", fails)
    assert _speed(DictConfig({})) is None


def test_a_sweep_whose_plan_fails_is_summed_up_all_the_same(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("cotfaith.sweeping.sweeps", begun := [])
    config = DictConfig({"dry_run": False, "resume": False, "hydra": {"sweep": {"dir": str(tmp_path)}, "sweeper": None}})
    with pytest.raises(AttributeError):  # Hydra warns of it and goes on
        Planning().on_multirun_start(config)
    assert begun == [tmp_path]


def test_a_refused_folder_is_said_to_hold_what_it_holds(tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    store.put_scores("test", "base", "recall", 0, {"n": 1})
    store.put_status("failed")
    assert _what(Cell(store, {}), 4, resumes=False) == ("refused: the folder holds a run, failed; resume=true goes on with it", None)


def test_a_sweep_that_is_resumed_skips_what_is_finished_and_sets_other_settings_aside(root: Path, tmp_path: Path) -> None:
    first = command(root, tmp_path, "-m", "lora.r=4,8", "sweep=mine")
    assert first.returncode == 0, first.stderr
    sweep = tmp_path / "multirun" / "mine"
    four = next(path for path in sweep.iterdir() if "lora.r-4" in path.name)
    cell = RunStore(four).cell()
    assert cell is not None
    RunStore(four).put_cell(cell | {"source": "older"})  # as if a default had changed since
    again = command(root, tmp_path, "-m", "lora.r=4,8", "sweep=mine", "resume=true")
    assert again.returncode == 0, again.stderr
    assert "finished before: skipped" in line(again.stdout, "lora.r=8")
    assert "new; what was there is now" in again.stdout
    assert len(list((sweep / ".superseded").iterdir())) == 1
    assert RunStore(four).metrics()["base"]["arithmetic"]["cost"]["shared"] == 1.0
    assert (sweep / "summary.html").read_text().count("<h1") == 1


def test_a_job_of_a_sweep_says_which_it_is_of_how_many(caplog: pytest.LogCaptureFixture) -> None:
    planning = Planning()
    planning.jobs = 6
    with caplog.at_level("INFO"):
        planning.on_job_start(OmegaConf.create({"hydra": {"job": {"num": 1, "override_dirname": "lora.r=8"}}}))
    assert caplog.messages == ["job 2 of 6: lora.r=8"]
