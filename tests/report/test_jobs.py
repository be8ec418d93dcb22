"""Jobs are found wherever they lie, and listed by number."""

from __future__ import annotations

from pathlib import Path

import pytest

from cotfaith.report.jobs import natural, read_jobs
from cotfaith.store import RunStore
from tests.report.sweeps import MIXED, make_job


def test_jobs_are_listed_by_rank_and_not_by_letter(tmp_path: Path) -> None:
    for rank in (16, 32, 8):
        make_job(tmp_path, {"lora.r": rank})
    assert [job.name for job in read_jobs([tmp_path])] == ["lora.r-8", "lora.r-16", "lora.r-32"]


def test_rates_are_ordered_by_size() -> None:
    assert sorted(["1e-3", "5.0e-05", "2e-4"], key=natural) == ["5.0e-05", "2e-4", "1e-3"]


def test_any_subset_of_folders_is_read_every_job_once(tmp_path: Path) -> None:
    for rank in (4, 8, 16):
        make_job(tmp_path, {"lora.r": rank})
    jobs = read_jobs([tmp_path / "lora.r-16", tmp_path / "lora.r-4", tmp_path / "lora.r-16"])
    assert [job.name for job in jobs] == ["lora.r-16", "lora.r-4"]


def test_runs_that_were_set_aside_are_left_out(tmp_path: Path) -> None:
    make_job(tmp_path, {"lora.r": 8})
    make_job(tmp_path / ".superseded", {"lora.r": 8})
    assert len(read_jobs([tmp_path])) == 1


def test_a_job_that_was_killed_before_it_could_say_anything_has_failed(tmp_path: Path) -> None:
    store = make_job(tmp_path, {"lora.r": 8})
    (store.folder / "status.json").unlink()
    assert read_jobs([tmp_path])[0].status == "failed"


def test_a_folder_without_a_run_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="expected the folder of a run or of a sweep"):
        read_jobs([tmp_path])


def test_a_job_shows_its_rank_with_what_the_policy_holds_constant(tmp_path: Path) -> None:
    make_job(tmp_path, {"lora.r": 8}, MIXED, lora={"r": 8, "scale": 2.0}, scaling="fixed_ratio")
    assert read_jobs([tmp_path])[0].adapter == "r 8, scale 2, fixed_ratio"


def test_an_evaluation_has_no_policy_to_show(tmp_path: Path) -> None:
    make_job(tmp_path, {"run": "x"}, MIXED, lora={"r": 8, "scale": 2.0}, scaling=None)
    assert read_jobs([tmp_path])[0].adapter == "r 8, scale 2"


def test_the_goal_is_the_one_the_job_was_run_with(tmp_path: Path) -> None:
    store = make_job(tmp_path, {"lora.r": 8})
    RunStore(store.folder).put_cell({"config": {"objective": {"_target_": "x", "keeps": 0.7}}})
    assert read_jobs([tmp_path])[0].goal.keeps == 0.7


def test_a_job_of_another_method_says_so(tmp_path: Path) -> None:
    make_job(tmp_path, {"method": "full"}, MIXED, method="full", lora=None)
    make_job(tmp_path, {"method": "dora"}, MIXED, method="dora", lora={"r": 8, "scale": 2.0}, scaling="rslora")
    assert [job.adapter for job in read_jobs([tmp_path])] == ["r 8, scale 2, rslora, dora", "all weights"]
