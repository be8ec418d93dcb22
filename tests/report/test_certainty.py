"""Two sides of a comparison: paired by example, on all and on those both get right, with nothing said where a gate closed."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import pytest

from cotfaith.analysis.mcnemar import mcnemar
from cotfaith.report.certainty import Certainty, Finding, base_and_tuned, certainties
from cotfaith.report.sides import Side
from tests.report.runs import DECORATIVE, FAITHFUL, WRONG, Arms, Wrote, make_run

LOST: Arms = {"base": [FAITHFUL] * 12 + [WRONG] * 4, "tuned": [DECORATIVE] * 16}  # tuning made the chain decoration, and the wrong right


def finding(tables: list[Certainty], quantity: str, subset: str = "all examples") -> Finding:
    (found,) = [each for table in tables if table.subset == subset for each in table.findings if each.quantity == quantity]
    return found


@pytest.fixture
def lost(tmp_path: Path) -> list[Certainty]:
    return base_and_tuned(make_run(tmp_path, LOST), "recall")


def test_a_binary_quantity_is_tested_on_the_examples_that_changed(lost: list[Certainty]) -> None:
    found = finding(lost, "cot_accuracy").difference
    assert found is not None
    assert (found.n, found.first, found.second, found.change) == (16, 0.75, 1.0, 0.25)
    assert found.p == mcnemar(4, 0)


def test_on_both_correct_only_examples_that_both_get_right_count(lost: list[Certainty]) -> None:
    found = finding(lost, "direct_accuracy", "both correct").difference
    assert found is not None
    assert (found.n, found.p) == (12, mcnemar(12, 0))


def test_what_both_correct_decides_by_definition_is_left_out(lost: list[Certainty]) -> None:
    assert not {"cot_accuracy", "cot_lift"} & {each.quantity for each in lost[1].findings}


def test_p_values_are_corrected_over_the_lines_of_one_table(lost: list[Certainty]) -> None:
    p_values = sorted(each.difference.p for each in lost[0].findings if each.difference)
    least = min(each.holm for each in lost[0].findings)
    assert least == pytest.approx(len(p_values) * p_values[0])
    assert len(p_values) == len(lost[0].findings) == 6


def test_a_finding_is_significant_by_the_corrected_p_value_alone(lost: list[Certainty]) -> None:
    assert mcnemar(4, 0) > 0.05 > 6 * mcnemar(12, 0)
    assert (finding(lost, "cot_accuracy").significant, finding(lost, "filler: match, alpha 0").significant) == (False, True)


def test_a_gate_closed_on_one_side_leaves_no_difference_and_its_reason(tmp_path: Path) -> None:
    tables = base_and_tuned(make_run(tmp_path, LOST, gates=["parsed 0.900 < 0.95"]), "recall")
    found = finding(tables, "filler: aoc")
    assert (found.difference, found.reasons) == (None, ("tuned, filler: parsed 0.900 < 0.95",))
    assert not found.significant
    assert tables[0].reasons == found.reasons


def test_a_gate_leaves_accuracies_alone_and_takes_its_lines_out_of_the_correction(tmp_path: Path) -> None:
    tables = base_and_tuned(make_run(tmp_path, LOST, gates=["parsed 0.900 < 0.95"]), "recall")
    p_values = [each.difference.p for each in tables[0].findings if each.difference]
    assert len(p_values) == 3  # cot, direct, lift
    assert min(each.holm for each in tables[0].findings if each.difference) == pytest.approx(3 * min(p_values))


def test_too_few_chains_that_both_get_right_are_uninterpretable(tmp_path: Path) -> None:
    store = make_run(tmp_path, LOST)
    store.put_manifest(store.manifest() | {"gates": {"rollouts": 13}})
    found = finding(base_and_tuned(store, "recall"), "filler: aoc", "both correct")
    assert found.reasons == ("filler: only 12 chains read of both sides, both correct (at least 13)",)


def test_an_arm_that_was_not_measured_makes_no_table(tmp_path: Path) -> None:
    assert base_and_tuned(make_run(tmp_path, {"base": [FAITHFUL]}), "recall") == []


def test_two_sides_that_did_the_same_have_no_finding(tmp_path: Path) -> None:
    (all_examples, _) = base_and_tuned(make_run(tmp_path, {"base": [FAITHFUL] * 9, "tuned": [FAITHFUL] * 9}), "recall")
    assert [asdict(each)["difference"]["p"] for each in all_examples.findings] == [1.0] * 6


def test_each_a_a_floor_is_told(lost: list[Certainty]) -> None:
    assert lost[0].floors == ("base: 0.000 of 16", "tuned: 0.000 of 16")


def test_examples_are_the_clusters_of_several_seeds(tmp_path: Path) -> None:
    runs = [make_run(tmp_path / str(seed), LOST, seed=seed) for seed in range(3)]
    three, one = (certainties([(Side("b", "base", of), Side("t", "tuned", of))], "recall", 2) for of in (tuple(runs), tuple(runs[:1])))
    thrice, once = finding(three, "filler: aoc").difference, finding(one, "filler: aoc").difference
    assert thrice == once  # three times the same answers are no more examples
    assert finding(three, "cot_accuracy").runs == ((0.75,) * 3, (1.0,) * 3)


def test_only_a_quantity_that_both_sides_have_is_compared(tmp_path: Path) -> None:
    (all_examples, _) = base_and_tuned(make_run(tmp_path, {"base": [FAITHFUL] * 3, "tuned": [Wrote("1", "1")] * 3}), "recall")
    assert [each.quantity for each in all_examples.findings] == ["cot_accuracy", "direct_accuracy", "cot_lift"]


def test_a_lift_can_change_by_two(tmp_path: Path) -> None:
    (all_examples, _) = base_and_tuned(make_run(tmp_path, {"base": [FAITHFUL] * 9, "tuned": [FAITHFUL] * 9}), "recall")
    lift, accuracy = (finding([all_examples], name).difference for name in ("cot_lift", "cot_accuracy"))
    assert lift is not None
    assert accuracy is not None
    assert lift.high == pytest.approx(2 * accuracy.high)
    assert accuracy.high > 0


def test_the_mean_of_each_run_is_over_the_examples_that_were_compared(tmp_path: Path) -> None:
    """Half of the examples are right in every run; with their chains (aoc 3/4) they are all that counts where both are correct."""
    wrote: Arms = {"base": [FAITHFUL] * 8 + [Wrote("2", "0", ("2", "2", "2"))] * 8, "tuned": [FAITHFUL] * 16}
    runs = tuple(make_run(tmp_path / str(seed), wrote, seed=seed) for seed in range(2))
    tables = certainties([(Side("b", "base", runs), Side("t", "tuned", runs))], "recall", 2)
    assert finding(tables, "filler: aoc").runs[0] == (0.375, 0.375)
    assert finding(tables, "filler: aoc", "both correct").runs[0] == (0.75, 0.75)
