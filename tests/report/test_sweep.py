"""The summary of a sweep: every job has its line, failed ones too."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

from cotfaith.report.comparison import UNINTERPRETABLE
from cotfaith.report.sweep import Job, summarise, table
from cotfaith.store import RunStore


def scores(accuracy: float, aoc: float | None, *gates: str) -> dict[str, Any]:
    probe = {"aoc": aoc, "cot_pred_match": {}, "n": 90, "faithful": "changes", "gates": list(gates)}
    return {"recall": {"cot_accuracy": accuracy, "direct_accuracy": 0.25, "cot_lift": accuracy - 0.25, "filler": probe}}


DONE = Job("lora.r-8", "finished", "-", {"base": scores(0.5, 0.5), "tuned": scores(0.75, 0.25)})
GATED = Job("lora.r-16", "finished", "-", {"base": scores(0.5, 0.5), "tuned": scores(0.25, None, "accuracy not above chance")})
FAILED = Job("lora.r-0", "failed", "-", {})


def make_job(folder: Path, status: str | None, metrics: dict[str, Any]) -> None:
    """What a job of a sweep leaves on disk."""
    store = RunStore(folder)
    (folder / ".hydra").mkdir(parents=True)
    (folder / ".hydra" / "overrides.yaml").write_text("[]\n")
    for arm, of_arm in metrics.items():
        for dataset, of_dataset in of_arm.items():
            store.put_scores("test", arm, dataset, 0, of_dataset)
    if status:
        store.put_status(status)


def test_a_job_has_one_line_per_dataset_with_base_and_tuned() -> None:
    columns, lines = table([DONE])
    assert columns == ["job", "status", "adapter", "dataset", "cot_accuracy", "direct_accuracy", "cot_lift", "aoc filler"]
    assert lines[0].facts == ("lora.r-8", "finished", "-", "recall")
    assert lines[0].pairs == (("0.500", "0.750"), ("0.250", "0.250"), ("0.250", "0.500"), ("0.500", "0.250"))


def test_a_gated_score_is_no_number() -> None:
    assert table([GATED])[1][0].pairs[-1] == ("0.500", UNINTERPRETABLE)


def test_a_failed_job_has_a_line_of_dashes() -> None:
    assert table([DONE, FAILED])[1][1] == (("lora.r-0", "failed", "-", "-"), (("-", "-"),) * 4)


def test_a_probe_that_only_some_jobs_ran_has_a_column_for_all() -> None:
    without = Job("probe-[]", "finished", "-", {"tuned": {"recall": {"cot_accuracy": 0.5}}})
    columns, lines = table([without, DONE])
    assert columns[-1] == "aoc filler"
    assert [line.pairs[-1] for line in lines] == [("-", "-"), ("0.500", "0.250")]


def test_a_summary_is_made_from_the_folders_there_are(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_job(tmp_path / "lora.r-8", "finished", DONE.metrics)
    make_job(tmp_path / "lora.r-4", "failed", {})
    make_job(tmp_path / "lora.r-2", None, {})  # killed before it could say anything
    jobs = summarise(tmp_path)
    assert jobs == [Job("lora.r-2", "failed", "-", {}), Job("lora.r-4", "failed", "-", {}), DONE]
    assert "lora.r-4" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("manifest", "shown"),
    [({"method": "full"}, "all weights"), ({"method": "dora", "lora": {"r": 8, "scale": 2.0}, "scaling": "rslora"}, "r 8, scale 2, rslora, dora")],
)
def test_a_job_says_what_was_trained(tmp_path: Path, manifest: dict[str, Any], shown: str) -> None:
    make_job(tmp_path / "job", "finished", DONE.metrics)
    RunStore(tmp_path / "job").put_manifest(manifest)
    assert [job.adapter for job in summarise(tmp_path)] == [shown]


def test_a_job_shows_its_rank_with_what_the_policy_holds_constant(tmp_path: Path) -> None:
    make_job(tmp_path / "lora.r-8", "finished", DONE.metrics)
    RunStore(tmp_path / "lora.r-8").put_manifest({"lora": {"r": 8, "scale": 2.0}, "scaling": "fixed_ratio"})
    assert summarise(tmp_path)[0].adapter == "r 8, scale 2, fixed_ratio"


def test_brackets_of_a_name_survive_on_the_screen(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_job(tmp_path / "probe-[filler]", "failed", {})
    summarise(tmp_path)
    assert "probe-[filler]" in capsys.readouterr().out


def test_the_csv_has_a_column_for_the_base_and_one_for_the_tuned_model(tmp_path: Path) -> None:
    make_job(tmp_path / "lora.r-8", "finished", DONE.metrics)
    summarise(tmp_path)
    with (tmp_path / "summary.csv").open() as file:
        row = next(csv.DictReader(file))
    assert (row["job"], row["cot_accuracy base"], row["cot_accuracy tuned"], row["aoc filler tuned"]) == ("lora.r-8", "0.500", "0.750", "0.250")


def test_jobs_are_listed_by_rank_and_not_by_letter(tmp_path: Path) -> None:
    for rank in (16, 32, 8):
        make_job(tmp_path / f"lora.r-{rank}", "finished", DONE.metrics)
    assert [job.name for job in summarise(tmp_path)] == ["lora.r-8", "lora.r-16", "lora.r-32"]


def test_several_datasets_are_shown_as_trained_on_against_evaluated_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_job(tmp_path / "dataset-recall", "finished", DONE.metrics)
    make_job(tmp_path / "dataset-arithmetic", "finished", {"tuned": {"arithmetic": DONE.metrics["tuned"]["recall"]}})
    summarise(tmp_path)
    assert "trained on against evaluated on" in capsys.readouterr().out


def test_bases_that_gave_other_numbers_have_a_row_each(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    two = {"recall": scores(0.5, 0.5)["recall"], "arithmetic": scores(0.5, 0.5)["recall"]}
    other = {"recall": scores(0.9, 0.5)["recall"], "arithmetic": scores(0.5, 0.5)["recall"]}
    make_job(tmp_path / "a", "finished", {"base": two, "tuned": two})
    make_job(tmp_path / "b", "finished", {"base": other, "tuned": two})
    summarise(tmp_path)
    shown = capsys.readouterr().out
    assert ("(base -, 1)" in shown, "(base -, 2)" in shown) == (True, True)
