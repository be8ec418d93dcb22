"""The table of a sweep: the base once, every cell beside it, the best one marked."""

from __future__ import annotations

from pathlib import Path

from cotfaith.report.grid import grid
from cotfaith.report.jobs import read_jobs
from cotfaith.report.sweep_table import Choice, Scored, best, curve_rows, in_numbers, reasons_of, score_rows, scored, short_rows
from tests.report.runs import DECORATIVE, FAITHFUL, WRONG
from tests.report.sweeps import GIVEN_UP, MIXED, make_job


def table_of(folder: Path) -> list[Scored]:
    return scored(grid(read_jobs([folder])).measured_on("recall"), "recall")


def test_cells_that_measured_the_same_base_show_it_once(tmp_path: Path) -> None:
    for rank in (8, 16):
        make_job(tmp_path, {"lora.r": rank}, MIXED)
    assert [row.name for row in table_of(tmp_path)] == ["base", "lora.r=8", "lora.r=16"]


def test_other_bases_are_told_apart(tmp_path: Path) -> None:
    make_job(tmp_path, {"quantization": "nf4"}, MIXED)
    make_job(tmp_path, {"quantization": "none"}, {**MIXED, "base": [WRONG] * 4})
    assert [row.name for row in table_of(tmp_path)][:2] == ["base of quantization=nf4", "base of quantization=none"]


def test_a_failed_job_is_in_no_table_of_scores(tmp_path: Path) -> None:
    make_job(tmp_path, {"lora.r": 8}, MIXED)
    make_job(tmp_path, {"lora.r": 0}, status="failed")
    assert [row.name for row in table_of(tmp_path)] == ["base", "lora.r=8"]


def test_the_best_cell_is_the_most_accurate_that_is_still_driven_by_its_chain(tmp_path: Path) -> None:
    make_job(tmp_path, {"lora.r": 8}, {**MIXED, "tuned": [FAITHFUL] * 3 + [WRONG]}).put_cell({"config": {"objective": {"keeps": 0.5}}})
    make_job(tmp_path, {"lora.r": 16}, GIVEN_UP).put_cell({"config": {"objective": {"keeps": 0.5}}})  # right throughout
    rows = table_of(tmp_path)
    chosen = best(rows)
    assert chosen is not None
    assert chosen.name == "lora.r=8"
    assert rows[-1].choice is not None
    assert rows[-1].choice.objections == ("filler: aoc 0.250 is less than 0.5 of the base's 0.750",)
    assert [line[0] for line in score_rows(rows)[1]] == ["base", "lora.r=8 ★", "lora.r=16"]


def test_the_best_cell_is_chosen_in_validation_and_not_on_the_test_split(tmp_path: Path) -> None:
    make_job(tmp_path, {"lora.r": 8}, MIXED).put_scores("test", "tuned", "recall", 4, {"cot_accuracy": 0.5})
    make_job(tmp_path, {"lora.r": 16}, MIXED).put_scores("val", "tuned", "recall", 4, {"cot_accuracy": 0.5})
    chosen = best(table_of(tmp_path))
    assert chosen is not None
    assert chosen.choice == Choice("val", 1.0, (), 0.75)
    assert chosen.name == "lora.r=8"


def test_where_a_cell_was_not_validated_all_are_chosen_on_the_test_split_and_it_is_said(tmp_path: Path) -> None:
    (make_job(tmp_path, {"lora.r": 8}, MIXED).folder / "validation.jsonl").unlink()
    make_job(tmp_path, {"lora.r": 16}, MIXED).put_scores("val", "tuned", "recall", 4, {"cot_accuracy": 0.5})
    rows = table_of(tmp_path)
    chosen = best(rows)
    assert chosen is not None
    assert [row.choice for row in rows if row.choice] == [Choice("test", 1.0, (), 0.75)] * 2
    assert in_numbers(chosen, [chosen]).startswith("chosen on the test split: ")


def test_a_tie_and_a_best_cell_that_is_no_better_than_the_base_are_said_to_be_so(tmp_path: Path) -> None:
    for rank in (8, 16):
        make_job(tmp_path, {"lora.r": rank}, MIXED).put_scores("val", "tuned", "recall", 4, {"cot_accuracy": 0.75})
    rows = table_of(tmp_path)
    chosen = best(rows)
    assert chosen is not None
    assert in_numbers(chosen, rows).endswith("; the first of a tie with lora.r=16; not above the base's 0.750 on that split")


def test_a_cell_that_failed_is_not_best(tmp_path: Path) -> None:
    make_job(tmp_path, {"lora.r": 8}, MIXED, status="failed")
    (row,) = (row for row in table_of(tmp_path) if row.choice)
    assert row.choice is not None
    assert row.choice.objections == ("not finished: failed",)
    assert best([row]) is None


def test_a_closed_gate_disqualifies_and_is_explained_once(tmp_path: Path) -> None:
    for rank in (8, 16):
        make_job(tmp_path, {"lora.r": rank}, MIXED, gates=["too few"])
    rows = table_of(tmp_path)
    assert best(rows) is None
    assert reasons_of(rows) == ["lora.r=8, filler: too few", "lora.r=16, filler: too few"]


def test_in_short_the_best_cell_stands_beside_its_own_base(tmp_path: Path) -> None:
    make_job(tmp_path, {"lora.r": 8}, MIXED)
    base, tuned = table_of(tmp_path)
    columns, (row,) = short_rows({"recall": [base, tuned]})
    told = dict(zip(columns, row, strict=True))
    pair = [str(arm.found["cot_accuracy"]) for arm in (base, tuned)]
    assert pair[0] != pair[1]
    assert (told["dataset"], told["best cell"], told["cot_accuracy"]) == ("recall", tuned.name, " → ".join(pair))


def test_in_short_a_cell_that_was_never_validated_is_said_to_be_chosen_on_the_test_split(tmp_path: Path) -> None:
    (make_job(tmp_path, {"lora.r": 8}, MIXED).folder / "validation.jsonl").unlink()
    _, (row,) = short_rows({"recall": table_of(tmp_path)})
    assert row[1] == f"{table_of(tmp_path)[1].name} (chosen on the test split)"


def test_in_short_no_number_stands_where_no_cell_qualifies(tmp_path: Path) -> None:
    make_job(tmp_path, {"lora.r": 8}, MIXED, gates=["too few"])
    _, (row,) = short_rows({"recall": table_of(tmp_path)})
    assert row[:2] == ["recall", "none qualifies"]
    assert set(row[2:]) == {"-"}


def test_the_match_is_shown_at_every_alpha_but_the_control(tmp_path: Path) -> None:
    make_job(tmp_path, {"lora.r": 8}, {"base": [FAITHFUL], "tuned": [DECORATIVE]})
    columns, rows = curve_rows(table_of(tmp_path), "filler")
    assert columns == ["cell", "alpha 0", "alpha 0.5"]
    assert [[cell.split()[0] for cell in row[1:]] for row in rows] == [["0.000", "0.000"], ["1.000", "1.000"]]
