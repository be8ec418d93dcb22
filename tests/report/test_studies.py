"""Sections of studies: tables, sentences and pictures out of studies.json; what a gate hid stays hidden."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from matplotlib.image import imread

from cotfaith.report.page import write_report
from cotfaith.report.studies import split_sentence, study_parts
from cotfaith.report.study_figures import draw_doses, draw_swap
from cotfaith.store import RunStore
from cotfaith.studies.curves import Curve

FULL = {"aoc": 0.5, "match": {"0": 0.1, "1": 1.0}, "accuracy": {"0": 0.2, "1": 0.9}}
REST = {"cot_accuracy": 0.9, "direct_accuracy": 0.25, "mean_steps": 3.0, "n": 40}
CELL = {**FULL, **REST, "gates": []}
HIDDEN = {"aoc": None, "match": {"0": None, "1": None}, "accuracy": {"0": None, "1": None}, **REST, "gates": ["parsed 0.5 < 0.95"]}


def swap(tuned: dict[str, Any] = CELL) -> dict[str, Any]:
    split = {"change": -0.5, "text": -0.125, "reader": -0.375, "interaction": 0.25} if tuned is CELL else dict.fromkeys(("change", "text", "reader"))
    cells = {"base": {"base": CELL, "tuned": tuned}, "tuned": {"base": tuned, "tuned": tuned}}
    ends = {name: {part: mean and mean + width for part, mean in split.items()} for name, width in (("low", -0.0625), ("high", 0.0625))}
    return {"cells": cells, "split": split, **ends, "n": 40, "gates": [f"tuned: {reason}" for reason in tuned["gates"]]}


def doses(middle: dict[str, Any] = CELL) -> dict[str, Any]:
    return {"scales": {"0": CELL, "0.5": middle, "1": CELL}, "examples": 40}


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    store = RunStore(tmp_path)
    store.put_manifest({})
    store.put_scores("test", "base", "recall", 0, {"n": 40})
    return store


def test_a_swap_is_told_by_cells_and_by_its_split(store: RunStore) -> None:
    store.put_study("chain_swap", "recall", swap(), Curve, [])
    text = "\n".join(study_parts(store, "recall"))
    assert "| tuned | base | 0.500 | 1.000 | 0.900 | 40 |" in text
    assert "aoc changed by -0.500 [-0.562, -0.438]: -0.375 [-0.438, -0.312] with the reader, -0.125 [-0.188, -0.062] with the text" in text
    assert (store.folder / "figures" / "recall_chain_swap.png").is_file()


def test_what_a_gate_hid_is_named_with_its_reason_and_nothing_is_said_of_it(store: RunStore) -> None:
    store.put_study("chain_swap", "recall", swap(HIDDEN), Curve, [])
    text = "\n".join(study_parts(store, "recall"))
    assert "- UNINTERPRETABLE: tuned: parsed 0.5 < 0.95" in text
    assert "| tuned | tuned | UNINTERPRETABLE | UNINTERPRETABLE | UNINTERPRETABLE | 40 |" in text
    assert "aoc changed" not in text


def test_a_dose_is_a_line_and_a_hidden_one_says_why_and_keeps_its_accuracies(store: RunStore) -> None:
    store.put_study("dose_response", "recall", doses(HIDDEN), Curve, [])
    text = "\n".join(study_parts(store, "recall"))
    assert "| 0 | 0.900 | 0.250 | 0.500 | 3.000 | 40 |" in text
    assert "| 0.5 | 0.900 | 0.250 | UNINTERPRETABLE | 3.000 | 40 |" in text
    assert "- UNINTERPRETABLE at scale 0.5: parsed 0.5 < 0.95" in text


def test_the_page_of_a_run_holds_its_studies(store: RunStore) -> None:
    store.put_study("dose_response", "recall", doses(), Curve, [])
    write_report(store)
    assert "![dose-response](figures/recall_dose_response.png)" in (store.folder / "report.md").read_text()


def test_a_run_without_studies_has_no_sections(store: RunStore) -> None:
    assert study_parts(store, "recall") == []


def test_without_an_example_in_all_cells_nothing_is_split() -> None:
    assert split_sentence({"split": {"change": None}, "n": 0, "gates": []}) == "No example has a readable chain in all four cells."


@pytest.mark.parametrize("cell", [CELL, HIDDEN], ids=["shown", "hidden"])
def test_studies_become_pictures(tmp_path: Path, cell: dict[str, Any]) -> None:
    paths = [draw_doses(doses(cell), "recall", tmp_path / "a" / "doses.png"), draw_swap(swap(cell), "recall", tmp_path / "a" / "swap.png")]
    assert all(imread(path).min() < 1 for path in paths)  # not blank
