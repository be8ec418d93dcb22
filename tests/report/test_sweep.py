"""The summary of a sweep: made from the folders there are, failed jobs too, as a table, a page and a csv."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import pytest

from cotfaith.report.__main__ import main
from cotfaith.report.comparison import UNINTERPRETABLE
from cotfaith.report.grid import grid
from cotfaith.report.jobs import read_jobs
from cotfaith.report.sweep import summarise
from cotfaith.report.sweep_table import scored
from cotfaith.store import RunStore
from tests.report.runs import DECORATIVE, FAITHFUL, make_run
from tests.report.sweeps import GIVEN_UP, MIXED, make_job

THIRTY = {"base": [FAITHFUL] * 30, "tuned": [FAITHFUL] * 30}
UNFAITHFUL = {"base": [FAITHFUL] * 30, "tuned": [DECORATIVE] * 30}


def page_of(folder: Path) -> str:
    summarise([folder], folder)
    return (folder / "summary.md").read_text()


def csv_of(folder: Path) -> list[dict[str, str]]:
    summarise([folder], folder)
    with (folder / "summary.csv").open() as file:
        return list(csv.DictReader(file))


def test_a_failed_job_stands_in_the_summary_with_its_reason(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_job(tmp_path, {"lora.r": 8}, MIXED)
    make_job(tmp_path, {"lora.r": 0}, status="failed")
    page = page_of(tmp_path)
    assert "- failed: lora.r=0 (ValueError: lora.r)" in page
    assert "1 of 2 jobs finished" in page
    assert re.search(r"lora\.r=0 +│ +failed", capsys.readouterr().out)


def test_a_sweep_of_nothing_but_failures_has_a_summary(tmp_path: Path) -> None:
    make_job(tmp_path, {"lora.r": 0}, status="failed")
    assert "0 of 1 jobs finished" in page_of(tmp_path)


def test_the_page_is_one_file_that_holds_its_pictures(tmp_path: Path) -> None:
    for rank in (8, 16):
        for rate in (1, 2):
            make_job(tmp_path, {"lora.r": rank, "optimizer.lr": rate}, MIXED)
    summarise([tmp_path], tmp_path)
    html = (tmp_path / "summary.html").read_text()
    drawn = {path.stem for path in (tmp_path / "figures").iterdir()}
    assert drawn == {
        f"recall-{name}"
        for name in (
            "against-lora.r",
            "match-against-lora.r",
            "against-optimizer.lr",
            "match-against-optimizer.lr",
            "curves",
            "accuracy-against-aoc",
            "map",
        )
    }
    assert (html.count("data:image/png;base64,"), html.count('src="figures/')) == (len(drawn), 0)


def test_a_sweep_without_a_change_based_probe_has_its_page(tmp_path: Path) -> None:
    store = make_job(tmp_path, {"lora.r": 8}, MIXED)
    for arm in ("base", "tuned"):
        scores = store.metrics()[arm]["recall"]["filler"]
        store.put_scores("test", arm, "recall", 0, scores | {"faithful": "stays"}, probe="filler")  # type: ignore[arg-type]  # they are arms
    assert "## recall" in page_of(tmp_path)
    assert {path.stem for path in (tmp_path / "figures").iterdir()} == {"recall-curves"}


def test_cells_are_held_against_each_other_and_corrected_over_the_whole_sweep(tmp_path: Path) -> None:
    make_job(tmp_path, {"lora.r": 8}, THIRTY)
    make_job(tmp_path, {"lora.r": 16}, UNFAITHFUL)
    page = page_of(tmp_path)
    lines = [line for line in page.split("how sure one can be")[1].splitlines() if "filler: aoc" in line]
    told = {line.split(" | ")[0].removeprefix("| "): "-0.750*" in line for line in lines}
    assert told == {"base → lora.r=8": False, "base → lora.r=16": True, "lora.r=8 → lora.r=16": True}  # of thirty examples all changed
    assert "| filler: match" not in page.split("how sure one can be")[1]


def test_the_base_is_held_against_the_cells_with_all_its_seeds(tmp_path: Path) -> None:
    for rank in (8, 16):
        make_job(tmp_path, {"lora.r": rank, "seed": 0}, THIRTY)
        make_job(tmp_path, {"lora.r": rank, "seed": 1}, {"base": [DECORATIVE] * 30, "tuned": THIRTY["tuned"]}, seed=1)
    line = next(line for line in page_of(tmp_path).splitlines() if line.startswith("| base → lora.r=8 | filler: aoc"))
    assert "0.375 [0.000, 0.750]" in line


def test_without_scores_of_a_base_cells_are_held_against_one_another_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for rank in (8, 16):
        store = make_job(tmp_path, {"lora.r": rank}, THIRTY)
        (store.folder / "metrics.json").write_text(json.dumps({"tuned": store.metrics()["tuned"]}))
    page = page_of(tmp_path)
    assert "held against one another only: expected one base with its records, found 0 bases" in capsys.readouterr().out
    assert "lora.r=8 → lora.r=16" in page or "| quantity | lora.r=8 | lora.r=16 |" in page


@pytest.mark.filterwarnings("error:No artists with labels")  # matplotlib's, of a legend without an entry
def test_where_every_gate_closed_no_figure_asks_for_an_empty_legend(tmp_path: Path) -> None:
    for rank in (8, 16):
        make_job(tmp_path, {"lora.r": rank}, THIRTY, gates=["too few"])
    page_of(tmp_path)
    assert (tmp_path / "figures" / "recall-match-against-lora.r.png").is_file()


def test_cells_that_were_asked_something_else_are_not_held_against_each_other(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_job(tmp_path, {"prompt.cot": "A"}, THIRTY, prompt_hash="p" * 16)
    make_job(tmp_path, {"prompt.cot": "B"}, THIRTY, prompt_hash="q" * 16)
    assert "how sure one can be" not in page_of(tmp_path)
    assert "no paired comparison: " in capsys.readouterr().out


def test_the_csv_has_every_number_with_its_interval(tmp_path: Path) -> None:
    make_job(tmp_path, {"lora.r": 8}, MIXED)
    make_job(tmp_path, {"lora.r": 16}, GIVEN_UP)
    row = csv_of(tmp_path)[0]
    assert (row["job"], row["cot_accuracy base"], row["cot_accuracy tuned"], row["filler: aoc tuned"]) == ("lora.r-8", "0.75", "1", "0.75")
    assert float(row["cot_accuracy base low"]) < 0.75 < float(row["cot_accuracy base high"])
    assert row["lora.r"] == "8"


def test_the_csv_has_the_seed_and_all_that_the_command_line_said(tmp_path: Path) -> None:
    for seed in (3, 4):
        make_job(tmp_path, {"lora.r": 8, "dataset": "recall", "seed": seed, "sweep": "mine"}, MIXED)
    rows = csv_of(tmp_path)
    assert [(row["seed"], row["lora.r"], row["dataset"]) for row in rows] == [("3", "8", "recall"), ("4", "8", "recall")]
    assert "sweep" not in rows[0]


def test_a_gated_number_is_an_empty_cell_with_its_reason(tmp_path: Path) -> None:
    make_job(tmp_path, {"lora.r": 8}, MIXED, gates=["accuracy not above chance"])
    row = csv_of(tmp_path)[0]
    assert (row["filler: aoc tuned"], row["filler: aoc base"]) == ("", "0.75")
    assert row[UNINTERPRETABLE] == "tuned, filler: accuracy not above chance"


def test_a_model_on_several_datasets_is_shown_as_trained_on_against_evaluated_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = make_job(tmp_path, {"dataset": "recall"}, MIXED)
    make_run(store.folder, MIXED, dataset="arithmetic", trained_on="recall")
    summarise([tmp_path], tmp_path)
    assert "trained on against evaluated on" in capsys.readouterr().out


def test_curves_end_at_the_control(tmp_path: Path) -> None:
    store = make_job(tmp_path, {"lora.r": 8}, MIXED)
    probe = store.metrics()["tuned"]["recall"]["filler"]
    store.put_scores("test", "tuned", "recall", 0, probe | {"cot_pred_match": {"0": 0.1, "1": 0.9}}, probe="filler")
    tuned = scored(grid(read_jobs([tmp_path])).cells, "recall")[-1]
    assert tuned.control("filler") == 0.9


def test_it_is_made_again_from_any_folders(tmp_path: Path) -> None:
    for rank in (4, 8, 16):
        make_job(tmp_path / "sweep", {"lora.r": rank}, MIXED)
    main([str(tmp_path / "sweep" / "lora.r-4"), str(tmp_path / "sweep" / "lora.r-16"), "--out", str(tmp_path / "two")])
    text = (tmp_path / "two" / "summary.md").read_text()
    assert ("lora.r: 4, 16" in text, (tmp_path / "sweep" / "summary.md").exists()) == (True, False)


def test_a_run_alone_has_its_own_report_made_again(tmp_path: Path) -> None:
    make_job(tmp_path, {"lora.r": 8}, MIXED)
    main([str(tmp_path / "lora.r-8")])
    assert (tmp_path / "lora.r-8" / "report.html").exists()


@pytest.mark.parametrize(("arguments", "message"), [(["nowhere"], "found none at nowhere"), ([".", "."], "expected --out DIR")])
def test_what_cannot_be_summed_up_is_refused(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(arguments)
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("left", "message"), [([], "found no .hydra/overrides.yaml"), (["metrics.json"], "expected the manifest.json of a finished run")]
)
def test_a_folder_without_a_whole_run_is_refused_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], left: list[str], message: str
) -> None:
    for name in left:
        (tmp_path / name).write_text("{}")
    with pytest.raises(SystemExit) as end:
        main([str(tmp_path)])
    said = capsys.readouterr().err
    assert (end.value.code, said.count("\n"), message in said) == (1, 1, True)


def test_a_base_and_its_cells_survive_brackets_in_a_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_job(tmp_path, {"probe": "[filler]"}, MIXED)
    RunStore(tmp_path / "probe-[filler]").put_status("preempted")
    summarise([tmp_path], tmp_path)
    assert "probe-[filler]" in capsys.readouterr().out
