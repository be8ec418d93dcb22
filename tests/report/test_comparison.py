"""The comparison table: numbers beside each other, and no number where a gate closed."""

from __future__ import annotations

from typing import Any

from cotfaith.report.comparison import UNINTERPRETABLE, Row, compare, probes

REASON = "control at alpha = 1 0.900 < 0.98"


def dataset_scores(accuracy: float, **probe_scores: dict[str, Any]) -> dict[str, Any]:
    health = {"parsed": 1.0, "truncated": 0.0, "mean_steps": 4.5, "mean_tokens": 80.25, "n": 200}
    return {"cot_accuracy": accuracy, "direct_accuracy": 0.25, "cot_lift": accuracy - 0.25, **health, **probe_scores}


def probe_scores(aoc: float | None, *gates: str, n: int = 190) -> dict[str, Any]:
    curve = {"0": None, "1": None} if gates else {"0": 0.25, "1": 1.0}
    return {"aoc": aoc, "cot_pred_match": curve, "accuracy": curve, "n": n, "dropped": 0, "faithful": "changes", "gates": list(gates)}


def row(metrics: dict[str, Any], label: str) -> Row:
    (found,) = [row for row in compare(metrics, "recall").rows if row.metric.startswith(label)]
    return found


BOTH = {
    "base": {"recall": dataset_scores(0.5, filler=probe_scores(0.5, n=180))},
    "tuned": {"recall": dataset_scores(0.75, filler=probe_scores(0.125))},
}
GATED = {"base": BOTH["base"], "tuned": {"recall": dataset_scores(0.75, filler=probe_scores(None, REASON))}}
ONLY_BASE = {"base": BOTH["base"]}


def test_a_row_has_both_arms_and_the_signed_change() -> None:
    assert row(BOTH, "cot_accuracy") == Row("cot_accuracy", "0.500", "0.750", "+0.250", "200", section=True)
    assert row(BOTH, "filler: aoc").change == "-0.375"


def test_chains_that_were_dropped_are_a_share_with_their_reasons() -> None:
    some = probe_scores(0.125, n=150) | {"dropped": 50, "drop_rate": 0.25, "drop_reasons": {"numbers": 40, "identical": 10}}
    dropped = row(BOTH | {"tuned": {"recall": dataset_scores(0.75, filler=some)}}, "filler: share dropped")
    assert (dropped.metric, dropped.tuned) == ("filler: share dropped (numbers 40, identical 10)", "0.250")
    assert not any("dropped" in row.metric for row in compare(BOTH, "recall").rows)


def test_the_table_holds_accuracies_health_and_the_curve_of_each_probe_in_order() -> None:
    assert [row.metric for row in compare(BOTH, "recall").rows] == [
        "cot_accuracy",
        "direct_accuracy",
        "cot_lift",
        "parsed",
        "truncated",
        "mean_steps",
        "mean_tokens",
        "filler: aoc (a faithful answer changes)",
        "filler: match, alpha 0",
        "filler: match, alpha 1",
    ]


def test_each_block_opens_a_section() -> None:
    assert [row.metric.split(" (")[0] for row in compare(BOTH, "recall").rows if row.section] == ["cot_accuracy", "parsed", "filler: aoc"]


def test_chains_are_counted_per_arm_where_the_arms_differ() -> None:
    assert row(BOTH, "filler: aoc").n == row(BOTH, "filler: match, alpha 0").n == "180 / 190"


def test_a_gated_cell_shows_neither_number_nor_change() -> None:
    assert row(GATED, "filler: aoc") == Row("filler: aoc (a faithful answer changes)", "0.500", UNINTERPRETABLE, "", "180 / 190", section=True)
    assert row(GATED, "filler: match, alpha 1") == Row("filler: match, alpha 1", "1.000", UNINTERPRETABLE, "", "180 / 190")


def test_a_gate_leaves_accuracy_and_health_alone() -> None:
    assert row(GATED, "cot_accuracy") == row(BOTH, "cot_accuracy")


def test_a_reason_names_the_arm_and_all_probes_that_share_it() -> None:
    gated = probe_scores(None, REASON)
    metrics = {"tuned": {"recall": dataset_scores(0.5, filler=gated, paraphrase=gated)}}
    assert compare(metrics, "recall").reasons == (f"tuned, filler, paraphrase: {REASON}",)


def test_what_is_known_of_a_paired_difference_stands_in_place_of_the_plain_one() -> None:
    rows = compare(BOTH, "recall", {"filler: aoc": "-0.375* [-0.500, -0.250]"}).rows
    changes = {row.metric: row.change for row in rows}
    assert changes["filler: aoc (a faithful answer changes)"] == "-0.375* [-0.500, -0.250]"
    assert changes["cot_accuracy"] == "+0.250"


def test_the_a_a_floor_has_a_line_where_it_was_measured() -> None:
    floor = {"aa_floor": {"share": 0.005, "n": 190}}
    metrics = {arm: {"recall": BOTH[arm]["recall"] | floor} for arm in BOTH}
    assert row(metrics, "A/A floor") == Row("A/A floor", "0.005", "0.005", "+0.000", "190")


def test_a_run_without_closed_gates_has_no_reasons() -> None:
    assert compare(BOTH, "recall").reasons == ()


def test_an_arm_that_was_not_measured_shows_a_dash() -> None:
    assert row(ONLY_BASE, "cot_accuracy") == Row("cot_accuracy", "0.500", "-", "", "200", section=True)
    assert row(ONLY_BASE, "filler: match, alpha 0") == Row("filler: match, alpha 0", "0.250", "-", "", "180")


def test_no_data_without_a_gate_is_a_dash_and_not_zero() -> None:
    metrics = {"base": {"recall": dataset_scores(0.5) | {"cot_lift": None}}}
    assert row(metrics, "cot_lift").base == "-"


def test_a_probe_measured_on_the_tuned_arm_alone_is_shown() -> None:
    metrics = {"base": {"recall": dataset_scores(0.5)}, "tuned": {"recall": dataset_scores(0.5, filler=probe_scores(0.125))}}
    assert (row(metrics, "filler: aoc").base, row(metrics, "filler: aoc").tuned) == ("-", "0.125")


def test_the_probes_are_the_scores_that_nest() -> None:
    assert probes(dataset_scores(0.5, filler=probe_scores(0.5), mine=probe_scores(0.5))) == ["filler", "mine"]


def test_a_soft_aoc_has_one_line_of_its_probe_and_is_gated_with_it() -> None:
    gated = {"tuned": {"recall": dataset_scores(0.75, filler=probe_scores(None, REASON) | {"soft_aoc": None})}}
    metrics = {"base": {"recall": dataset_scores(0.5, filler=probe_scores(0.5) | {"soft_aoc": 2.5})}} | gated
    assert (row(metrics, "filler: soft_aoc").base, row(metrics, "filler: soft_aoc").tuned) == ("2.500", UNINTERPRETABLE)


def test_a_paired_change_of_info_gain_finds_its_line() -> None:
    of = {"info_gain": {"log": 0.5, "n": 200, "gates": []}}
    rows = compare({arm: {"recall": dataset_scores(0.5) | of} for arm in ("base", "tuned")}, "recall", {"info_gain": "+0.000  [-0.1, +0.1]"}).rows
    assert [row.change for row in rows if row.metric.startswith("info_gain")] == ["+0.000  [-0.1, +0.1]"]
