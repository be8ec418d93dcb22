"""Which numbers stand on which panel. That a run logs them all is in tests/test_smoke.py."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cotfaith.report.panels import named, sections, varied
from cotfaith.store import RunStore

PROBED: dict[str, Any] = {"filler": {"cot_pred_match": {}, "gates": []}}
METRICS = {"tuned": {"recall": PROBED, "gsm8k": PROBED}}


def cell(folder: Path, **config: Any) -> RunStore:
    store = RunStore(folder)
    store.put_cell({"config": {"lora": {"r": 8}, "trained_on": "recall", "seed": 0, **config}})
    return store


@pytest.mark.parametrize(
    ("changed", "axes"),
    [
        ({"lora": {"r": 16}}, {"lora.r": True}),
        ({"seed": 1, "trained_on": "gsm8k", "dataset": {"name": "gsm8k"}}, {"seed": True, "trained_on": False}),
        ({"optimizer": {"weight_decay": 0.1}}, {"lora.r": True}),  # a whole group is no axis
        ({"lora": {"r": 8, "dora": True}}, {"lora.dora": False}),
        ({}, {"lora.r": True}),
    ],
)
def test_what_runs_differ_in_is_what_their_panels_are_drawn_against(tmp_path: Path, changed: dict[str, Any], axes: dict[str, bool]) -> None:
    assert varied([cell(tmp_path / "a"), cell(tmp_path / "b", **changed)]) == axes


def test_a_number_is_an_axis_and_a_name_is_a_group() -> None:
    ablations = sections(METRICS, ["recall"], {"lora.r": True, "trained_on": False})[0].panels
    assert {panel.kind for panel in ablations if panel.axis == "lora.r"} == {"against"}
    assert {panel.kind for panel in ablations if panel.axis == "trained_on"} == {"bars"}


def test_further_datasets_have_a_section_and_keys_of_their_own() -> None:
    parts = sections(METRICS, ["recall"], {"lora.r": True})
    (other,) = (part for part in parts if part.name.endswith("on gsm8k"))
    assert {"base/test/gsm8k/cot_accuracy", "test/gsm8k/filler/aoc", "curves/gsm8k/filler_table"} <= named([other])


def test_runs_that_were_trained_on_several_datasets_show_the_tables_of_each() -> None:
    assert {"comparison/recall", "comparison/gsm8k", "gates/gsm8k"} <= named(
        sections({"tuned": {"recall": PROBED}}, ["recall", "gsm8k"], {"trained_on": False})
    )


def test_an_option_is_no_logged_number() -> None:
    assert "lora.r" not in named(sections(METRICS, ["recall"], {"lora.r": True}))


def test_runs_trained_on_several_datasets_and_measured_on_all_show_what_carries_over() -> None:
    parts = sections(METRICS, ["recall", "gsm8k"], {"trained_on": False})
    (transfer,) = (part for part in parts if part.name == "Trained on against evaluated on")
    assert {"test/cot_accuracy", "test/gsm8k/filler/aoc", "test/recall/cot_accuracy"} <= named([transfer])
