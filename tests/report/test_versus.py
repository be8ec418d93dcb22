from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cotfaith.report.certainty import Certainty
from cotfaith.report.versus import compare_runs, groups_of
from cotfaith.store import RunStore
from tests.report.runs import DECORATIVE, FAITHFUL, WRONG, make_run

BASE, TUNED = [FAITHFUL] * 8 + [WRONG] * 2, [DECORATIVE] * 10


def compared(named: object, out: Path) -> list[Certainty]:
    return compare_runs(groups_of(named), RunStore(out))


def sides(tables: list[Certainty]) -> set[tuple[str, str]]:
    return {(finding.first, finding.second) for table in tables for finding in table.findings}


@pytest.fixture
def two(tmp_path: Path) -> list[str]:
    for name, wrote in (("a", BASE), ("b", TUNED)):
        make_run(tmp_path / "runs" / name, {"base": BASE, "tuned": wrote})
    return [str(tmp_path / "runs" / name) for name in ("a", "b")]


def test_tuned_is_held_against_tuned_and_one_base_not_against_itself(two: list[str], tmp_path: Path) -> None:
    assert sides(compared(two, tmp_path / "out")) == {("a (tuned)", "b (tuned)")}


def test_other_bases_are_held_against_each_other_too(two: list[str], tmp_path: Path) -> None:
    make_run(tmp_path / "c", {"base": BASE, "tuned": TUNED}, base_hash="d" * 16, quantization="none")
    found = sides(compared({"a": two[0], "c": str(tmp_path / "c")}, tmp_path / "out"))
    assert found == {("a (tuned)", "c (tuned)"), ("a (base)", "c (base)")}


def test_a_run_without_a_tuned_arm_is_there_with_its_base(two: list[str], tmp_path: Path) -> None:
    make_run(tmp_path / "plain", {"base": BASE})
    assert sides(compared({"plain": str(tmp_path / "plain"), "b": two[1]}, tmp_path / "out")) == {("plain (base)", "b (tuned)")}


def test_every_run_is_held_against_the_first_in_one_corrected_table(two: list[str], tmp_path: Path) -> None:
    make_run(tmp_path / "runs" / "c", {"base": BASE, "tuned": TUNED}, seed=4)
    tables = compared([*two, str(tmp_path / "runs" / "c")], tmp_path / "out")
    assert sides(tables) == {("a (tuned)", "b (tuned)"), ("a (tuned)", "c (tuned)")}
    p_values = [each.difference.p for each in tables[0].findings if each.difference]
    assert min(each.holm for each in tables[0].findings) == pytest.approx(len(p_values) * min(p_values))
    assert len(p_values) == 2 * 6


def test_runs_of_several_seeds_are_one_side(two: list[str], tmp_path: Path) -> None:
    for seed in (1, 2):
        make_run(tmp_path / f"b{seed}", {"base": BASE, "tuned": TUNED}, seed=seed)
    tables = compared({"before": two[0], "after": [two[1], str(tmp_path / "b1"), str(tmp_path / "b2")]}, tmp_path / "out")
    assert sides(tables) == {("before (tuned)", "after (tuned)")}
    assert tables[0].findings[0].runs == ((), (1.0, 1.0, 1.0))


def test_lists_of_seeds_are_named_by_their_first(two: list[str]) -> None:
    assert list(groups_of([[two[0]], [two[1]]])) == ["a", "b"]


def test_it_leaves_a_page_in_two_forms_and_the_numbers(two: list[str], tmp_path: Path) -> None:
    tables = compared(two, tmp_path / "out")
    page = (tmp_path / "out" / "comparison.md").read_text()
    numbers = json.loads((tmp_path / "out" / "comparison.json").read_text())
    assert "| cot_accuracy | 0.800 [" in page
    assert "<table>" in (tmp_path / "out" / "comparison.html").read_text()
    assert numbers["runs"] == {"a": [two[0]], "b": [two[1]]}
    assert tables[0].findings[0].difference is not None
    assert numbers["tables"][0]["findings"][0]["difference"]["p"] == tables[0].findings[0].difference.p


def test_the_page_names_what_the_runs_differ_in(two: list[str], tmp_path: Path) -> None:
    make_run(tmp_path / "c", {"base": BASE, "tuned": TUNED}, quantization="none")
    compared({"a": two[0], "c": str(tmp_path / "c")}, tmp_path / "out")
    named = "a and c differ in quantization: nf4 and none"
    assert f"- {named}" in (tmp_path / "out" / "comparison.md").read_text()
    assert json.loads((tmp_path / "out" / "comparison.json").read_text())["differ"] == [named]


def test_a_closed_gate_of_either_run_is_told_on_the_page_in_place_of_the_number(two: list[str], tmp_path: Path) -> None:
    make_run(tmp_path / "c", {"base": BASE, "tuned": TUNED}, gates=["parsed 0.900 < 0.95"])
    compared({"a": two[0], "c": str(tmp_path / "c")}, tmp_path / "out")
    page = (tmp_path / "out" / "comparison.md").read_text()
    assert "| filler: aoc |  |  | UNINTERPRETABLE |" in page
    assert "- UNINTERPRETABLE: c (tuned), filler: parsed 0.900 < 0.95" in page


def test_a_mistyped_folder_is_named(two: list[str]) -> None:
    with pytest.raises(FileNotFoundError, match="compare: nowhere: expected the folder of a finished run, found no metrics.json"):
        groups_of([two[0], "nowhere"])


@pytest.mark.parametrize("named", ["a", [], ["a"], {"a": []}, {"a": ["b"]}, 3])
def test_fewer_than_two_runs_are_no_comparison(named: Any) -> None:
    with pytest.raises(ValueError, match="compare: expected two runs or more"):
        groups_of(named)


def test_a_run_is_not_compared_with_itself(two: list[str]) -> None:
    with pytest.raises(ValueError, match="compare: expected different runs"):
        groups_of([two[0], f"{two[0]}/../a"])


def test_what_only_one_run_measured_is_said_to_be_left_out(two: list[str], tmp_path: Path) -> None:
    first = RunStore(Path(two[0]))
    for arm in ("base", "tuned"):
        first.put_scores("test", arm, "recall", 0, {"aoc": 0.5, "cot_pred_match": {}, "gates": []}, probe="mistakes")  # type: ignore[arg-type]
    make_run(Path(two[1]), {"base": BASE, "tuned": TUNED}, dataset="shortcut")
    compared(two, tmp_path / "out")
    told = json.loads((tmp_path / "out" / "comparison.json").read_text())["differ"]
    assert told == ["only a measured mistakes on recall", "only b measured the dataset shortcut"]
