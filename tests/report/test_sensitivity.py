"""The panel on paper: every way of measuring has its line, and what cannot be read says why."""

from __future__ import annotations

from typing import Any

from cotfaith.report.sensitivity import COLUMNS, reasons, rows, section

GOOD = {
    "base": 0.75,
    "tuned": 0.25,
    "difference": -0.5,
    "low": -0.625,
    "high": -0.375,
    "detectable": 0.125,
    "rank": "lower",
    "n": 40,
    "dropped": 0,
    "gates": [],
}
NONE = dict.fromkeys(("base", "tuned", "difference", "low", "high", "detectable"))
CLOSED = {**NONE, "rank": "uninterpretable", "n": 0, "dropped": 0, "gates": ["base: control at alpha = 1 0.050 < 0.98"]}
EMPTY = {**NONE, "rank": "undecided", "n": 0, "dropped": 80, "gates": []}
PANEL: dict[str, Any] = {
    "choices": {"found": {"filler": {"prefill": GOOD, "turn": CLOSED}, "filler_another": {"prefill": EMPTY, "turn": CLOSED}}},
    "survives": 1,
    "of": 4,
    "sentence": "The ranking survives 1 of 4 choices.",
}


def test_a_line_has_the_choice_both_arms_and_the_change_with_its_interval() -> None:
    line = dict(zip(COLUMNS, rows(PANEL)[0], strict=True))
    assert [line[name] for name in ("steps as", "probe", "elicitation", "base aoc", "tuned aoc")] == ["found", "filler", "prefill", "0.750", "0.250"]
    assert (line["change [95 %]"], line["detectable"], line["n"], line["tuned is"]) == ("-0.500 [-0.625, -0.375]", "0.125", "40", "lower")


def test_a_choice_that_a_gate_closed_shows_no_number() -> None:
    assert rows(PANEL)[1][3:] == ("UNINTERPRETABLE", "UNINTERPRETABLE", "", "", "-", "UNINTERPRETABLE")


def test_the_arm_whose_gates_are_open_keeps_its_number() -> None:
    panel = PANEL | {"choices": {"found": {"filler": {"turn": CLOSED | {"tuned": 0.5}}}}}
    assert rows(panel)[0][3:] == ("UNINTERPRETABLE", "0.500", "", "", "-", "UNINTERPRETABLE")
    assert reasons(panel) == ["UNINTERPRETABLE: base: control at alpha = 1 0.050 < 0.98 (every choice)"]


def test_a_choice_that_dropped_every_chain_says_how_many() -> None:
    assert rows(PANEL)[2][3:] == ("-", "-", "", "", "0 (80 dropped)", "undecided")


def test_the_section_opens_with_the_sentence_and_names_where_each_reason_holds() -> None:
    text = "\n".join(section({"sensitivity": {"recall": PANEL}}, "recall"))
    assert text.index(PANEL["sentence"]) < text.index("| found | filler | prefill |")
    assert "- UNINTERPRETABLE: base: control at alpha = 1 0.050 < 0.98 (found/filler/turn, found/filler_another/turn)" in text


def test_a_run_without_a_panel_has_no_section() -> None:
    assert section({}, "recall") == section({"sensitivity": {"gsm8k": PANEL}}, "recall") == []
