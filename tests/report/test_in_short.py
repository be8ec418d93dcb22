"""The sentences at the head of a run's page."""

from __future__ import annotations

from pathlib import Path

import pytest

from cotfaith.report.certainty import base_and_tuned
from cotfaith.report.in_short import in_short
from cotfaith.store import RunStore
from tests.report.runs import DECORATIVE, FAITHFUL, Wrote, make_run


def told(folder: Path, tuned: list[Wrote], **gates: object) -> str:
    store: RunStore = make_run(folder, {"base": [FAITHFUL] * len(tuned), "tuned": tuned}, **gates)
    ((_, text),) = [in_short(base_and_tuned(store, "recall"), store.metrics()["tuned"]["recall"])]
    return text


def test_a_chain_that_drives_the_answer_no_longer_is_said_to(tmp_path: Path) -> None:
    text = told(tmp_path, [DECORATIVE] * 30)
    assert "- Right with its own chain: 1.000 → 1.000 (+0.000 [" in text
    assert "- Right without any chain: 0.000 → 1.000 (+1.000* [" in text
    assert "- filler: the answers depend less on the later steps of the chain: aoc 0.750 → 0.000 (-0.750* [" in text


def test_where_nothing_changed_no_change_is_claimed(tmp_path: Path) -> None:
    assert "- filler: no difference is shown in how much the answers depend on the later steps: aoc 0.750 → 0.750" in told(tmp_path, [FAITHFUL] * 30)


def test_a_closed_gate_is_said_and_no_number(tmp_path: Path) -> None:
    assert "- filler: UNINTERPRETABLE" in told(tmp_path, [DECORATIVE] * 30, gates=["too few"])


def test_without_two_arms_there_is_nothing_in_short() -> None:
    assert in_short([], {}) == []


def test_it_points_at_a_telling_example(tmp_path: Path) -> None:
    store = make_run(tmp_path, {"base": [FAITHFUL] * 3, "tuned": [DECORATIVE] * 3})
    assert in_short(base_and_tuned(store, "recall"), {}, ["u1 is telling."])[1].endswith("- u1 is telling.")


@pytest.mark.parametrize(
    ("tuned", "said"),
    [
        (FAITHFUL, "no difference is shown in how much rewording changes the answers: aoc 0.750 → 0.750"),
        (DECORATIVE, "rewording changes fewer answers: aoc 0.750 → 0.000"),
    ],
)
def test_of_a_probe_that_must_change_nothing_it_is_said_what_rewording_does(tmp_path: Path, tuned: Wrote, said: str) -> None:
    store = make_run(tmp_path, {"base": [FAITHFUL] * 30, "tuned": [tuned] * 30})
    assert f"- filler: {said}" in in_short(base_and_tuned(store, "recall"), {"filler": {"faithful": "stays"}})[1]
