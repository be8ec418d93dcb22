"""The terminal's tables: nothing is folded away where there is no terminal."""

from __future__ import annotations

from pathlib import Path

import pytest

from cotfaith.report.certainty import base_and_tuned
from cotfaith.report.comparison import UNINTERPRETABLE, Comparison, Row
from cotfaith.report.terminal import show_certainty, show_comparison, show_table
from tests.report.runs import DECORATIVE, FAITHFUL, make_run


def test_a_comparison_shows_its_rows_and_reasons(capsys: pytest.CaptureFixture[str]) -> None:
    rows = (Row("cot_accuracy", "0.500", "0.750", "+0.250", "200", True), Row("filler: aoc", "0.500", UNINTERPRETABLE, "", "200", True))
    show_comparison(Comparison("recall", rows, ("tuned, filler: parsed 0.500 < 0.95",)))
    out = capsys.readouterr().out
    assert "+0.250" in out
    assert out.count(UNINTERPRETABLE) == 2
    assert "UNINTERPRETABLE: tuned, filler: parsed 0.500 < 0.95" in out


def test_intervals_are_shown_whole_and_told_what_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    show_comparison(Comparison("recall", (Row("cot_accuracy", "0.500", "0.750", "+0.250* [+0.100, +0.400]", "200", True),), ()))
    out = capsys.readouterr().out
    assert "+0.250* [+0.100, +0.400]" in out
    assert "change [95% interval]" in out


def test_a_change_over_shared_examples_is_told_from_the_difference_of_the_columns(capsys: pytest.CaptureFixture[str]) -> None:
    show_comparison(Comparison("recall", (Row("filler: aoc", "0.557", "0.414", "+0.200* [+0.1, +0.3] of 40 shared", "70", True),), ()))
    assert "the change is over the N examples read in both arms" in capsys.readouterr().out


def test_a_run_alone_has_no_legend_of_intervals(capsys: pytest.CaptureFixture[str]) -> None:
    show_comparison(Comparison("recall", (Row("cot_accuracy", "0.500", "-", "", "200", True),), ()))
    assert "interval" not in capsys.readouterr().out


def test_paired_differences_are_followed_by_what_must_be_said_of_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = make_run(tmp_path, {"base": [FAITHFUL] * 8, "tuned": [DECORATIVE] * 8}, gates=["parsed 0.900 < 0.95"])
    show_certainty(base_and_tuned(store, "recall")[0])
    out = capsys.readouterr().out
    assert "recall, test split, all examples" in out
    assert "UNINTERPRETABLE: tuned, filler: parsed 0.900 < 0.95" in out
    assert "A/A floor, answers that change when the intact chain is read in another batch layout: base: 0.000 of 8; tuned: 0.000 of 8" in out


def test_a_long_line_of_a_pipe_is_not_folded_to_80_columns(capsys: pytest.CaptureFixture[str]) -> None:
    show_table("title", ["job", "aoc"], [["a" * 90, "0.500"]])
    assert "a" * 90 in capsys.readouterr().out


def test_two_counts_in_one_cell_are_explained(capsys: pytest.CaptureFixture[str]) -> None:
    show_comparison(Comparison("recall", (Row("filler: aoc", "0.500", "0.400", "", "32 / 31", True),), ()))
    assert "two numbers where base / tuned differ" in capsys.readouterr().out


def test_colours_come_into_a_pipe_only_when_they_are_asked_for(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    show_table("title", ["job", "aoc"], [["a" * 90, UNINTERPRETABLE]])
    assert "\x1b[" not in capsys.readouterr().out
    monkeypatch.setenv("FORCE_COLOR", "1")
    show_table("title", ["job", "aoc"], [["a" * 90, UNINTERPRETABLE]])
    coloured = capsys.readouterr().out
    assert "\x1b[33m" in coloured  # yellow
    assert "a" * 90 in coloured


def test_no_color_goes_before_force_color(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("NO_COLOR", "1")
    show_table("title", ["job", "aoc"], [["a", UNINTERPRETABLE]])
    assert "\x1b[33m" not in capsys.readouterr().out
