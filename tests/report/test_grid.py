"""What a sweep varied is read off its jobs."""

from __future__ import annotations

from pathlib import Path

from cotfaith.report.grid import Grid, grid
from cotfaith.report.jobs import read_jobs
from tests.report.sweeps import MIXED, make_job


def swept(folder: Path, *jobs: dict[str, object]) -> Grid:
    for overrides in jobs:
        make_job(folder, overrides, MIXED)
    return grid(read_jobs([folder]))


def test_an_axis_is_what_differs(tmp_path: Path) -> None:
    found = swept(tmp_path, *({"experiment": "smoke", "lora.r": r, "dataset": d} for r in (8, 16) for d in ("recall", "arithmetic")))
    assert (set(found.axes), found.numeric, len(found.cells)) == ({"lora.r", "dataset"}, ("lora.r",), 4)


def test_cells_are_in_the_order_of_their_values(tmp_path: Path) -> None:
    assert [cell.name for cell in swept(tmp_path, {"lora.r": 16}, {"lora.r": 8}, {"lora.r": 128}).cells] == ["lora.r=8", "lora.r=16", "lora.r=128"]


def test_seeds_make_one_cell(tmp_path: Path) -> None:
    found = swept(tmp_path, *({"lora.r": r, "seed": seed} for r in (8, 16) for seed in (0, 1, 2)))
    assert (found.axes, [len(cell.jobs) for cell in found.cells]) == (("lora.r",), [3, 3])
    assert found.label(found.cells[0].jobs[1]) == "lora.r=8, seed=1"


def test_a_job_with_the_default_seed_is_told_from_one_that_names_another(tmp_path: Path) -> None:
    found = swept(tmp_path, {"lora.r": 8}, {"lora.r": 8, "seed": 1})
    assert [found.label(job) for job in found.cells[0].jobs] == ["one setting, seed=0", "one setting, seed=1"]  # 0: the manifest's


def test_seeds_alone_are_one_setting(tmp_path: Path) -> None:
    (cell,) = swept(tmp_path, {"seed": 0}, {"seed": 1}).cells
    assert cell.name == "one setting"


def test_an_option_that_only_some_jobs_name_is_an_axis(tmp_path: Path) -> None:
    found = swept(tmp_path, {"lora.r": 8}, {"lora.r": 8, "target": "answer_only"})
    assert sorted(cell.settings["target"] for cell in found.cells) == ["answer_only", "default"]


def test_equal_jobs_of_two_sweeps_stay_two_cells(tmp_path: Path) -> None:
    for name in ("monday", "tuesday"):
        make_job(tmp_path / name, {"lora.r": 8}, MIXED)
    assert len(grid(read_jobs([tmp_path])).cells) == 2


def test_names_of_folders_and_resuming_are_no_axis(tmp_path: Path) -> None:
    assert swept(tmp_path, {"lora.r": 8, "sweep": "a"}, {"lora.r": 16, "sweep": "b", "resume": "true"}).axes == ("lora.r",)
