"""The terminal's tables: nothing is folded away where there is no terminal."""

from __future__ import annotations

import pytest

from cotfaith.report.comparison import UNINTERPRETABLE, Comparison, Row
from cotfaith.report.terminal import show_comparison, show_table


def test_a_comparison_shows_its_rows_and_reasons(capsys: pytest.CaptureFixture[str]) -> None:
    rows = (Row("cot_accuracy", "0.500", "0.750", "+0.250", "200", True), Row("filler: aoc", "0.500", UNINTERPRETABLE, "", "200", True))
    show_comparison(Comparison("recall", rows, ("tuned, filler: parsed 0.500 < 0.95",)))
    out = capsys.readouterr().out
    assert "+0.250" in out
    assert out.count(UNINTERPRETABLE) == 2
    assert "UNINTERPRETABLE: tuned, filler: parsed 0.500 < 0.95" in out


def test_a_long_line_of_a_pipe_is_not_folded_to_80_columns(capsys: pytest.CaptureFixture[str]) -> None:
    show_table("title", ["job", "aoc"], [["a" * 90, "0.500"]])
    assert "a" * 90 in capsys.readouterr().out
