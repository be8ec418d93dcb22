from __future__ import annotations

from typing import Any

from cotfaith.report.headline import headline

FOUND = {"change": 0.25, "low": 0.1, "high": 0.4, "n": 8}
METRICS = {"tuned": {"recall": {"filler": {"cot_pred_match": {}, "gates": ["too few"]}}}}


def comparison(*quantities: str, difference: dict[str, Any] | None = None, subset: str = "all examples") -> dict[str, Any]:
    findings = [{"quantity": name, "difference": difference} for name in quantities]
    return {"tables": [{"dataset": "recall", "subset": subset, "findings": findings}]}


def test_changes_of_accuracy_and_aoc_come_with_their_intervals() -> None:
    found = headline(comparison("cot_lift", "filler: aoc", "filler: match, alpha 0", difference=FOUND), {}, {"recall": ""})
    assert {name: value for name, value in found.items() if name.startswith("change/")} == {
        **{f"change/{name}": 0.25 for name in ("cot_lift", "filler/aoc")},
        **{f"change/{name}/low": 0.1 for name in ("cot_lift", "filler/aoc")},
        **{f"change/{name}/high": 0.4 for name in ("cot_lift", "filler/aoc")},
    }


def test_a_further_dataset_is_named_in_the_key() -> None:
    assert headline(comparison("cot_lift", difference=FOUND), {}, {"recall": "recall/"})["change/recall/cot_lift"] == 0.25


def test_a_closed_gate_leaves_its_reason_and_no_number() -> None:
    found = headline(comparison("filler: aoc"), METRICS, {"recall": ""})
    assert found == {"gates/closed": 1, "gates/why": "recall, tuned, filler: too few"}


def test_only_the_table_of_all_examples_counts() -> None:
    assert headline(comparison("cot_lift", difference=FOUND, subset="both correct"), {}, {"recall": ""}) == {"gates/closed": 0, "gates/why": ""}
