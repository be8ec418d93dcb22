from __future__ import annotations

import math
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from cotfaith.report.quantities import quantities
from cotfaith.report.sides import Side
from tests.report.runs import DECORATIVE, FAITHFUL, WRONG, Wrote, make_run


def values(tmp_path: Path, quantity: str, *wrote: Wrote) -> list[float]:
    side = Side("base", "base", (make_run(tmp_path, {"base": wrote}),))
    return list(side.measured("recall").pooled[quantity].values.values())


def test_accuracy_is_right_or_wrong_and_lift_their_difference(tmp_path: Path) -> None:
    wrote = (FAITHFUL, DECORATIVE, WRONG, Wrote("2", "1"))
    assert values(tmp_path / "a", "cot_accuracy", *wrote) == [1, 1, 0, 0]
    assert values(tmp_path / "b", "direct_accuracy", *wrote) == [0, 1, 0, 1]
    assert values(tmp_path / "c", "cot_lift", *wrote) == [1, 0, 0, -1]


def test_a_match_is_with_the_models_own_answer(tmp_path: Path) -> None:
    assert values(tmp_path, "filler: match, alpha 0", FAITHFUL, DECORATIVE, WRONG, Wrote("2", "0", ("2", "1", "2"))) == [0, 1, 0, 1]


def test_an_aoc_is_the_area_over_the_curve_of_its_example(tmp_path: Path) -> None:
    # two steps, kept 0, 1, 2: the trapezoids under 0 0 1 and 1 0 1 have the areas 1/4 and 1/2
    assert values(tmp_path, "filler: aoc", FAITHFUL, DECORATIVE, Wrote("1", "0", ("1", "0", "1"))) == pytest.approx([0.75, 0.0, 0.5])


def test_a_reading_without_a_verdict_matches_nothing(tmp_path: Path) -> None:
    assert values(tmp_path, "filler: match, alpha 0", Wrote("1", "0", (None, "1", "1"))) == [0]


def test_a_chain_that_was_not_read_has_no_number(tmp_path: Path) -> None:
    side = Side("base", "base", (make_run(tmp_path, {"base": [FAITHFUL, Wrote("1")]}),))
    assert set(side.measured("recall").pooled["filler: aoc"].values) == {"u0"}


def test_a_commitment_is_read_off_the_cuts_of_a_chain_whatever_their_order() -> None:
    rollouts = [{"uid": uid, "correct": True, "gold_answer": "1", "answer": "1", "chain": ["a ", "b "]} for uid in ("early", "never")]
    answers = {"early": ("0", "1", "1"), "never": ("1", "1", "0")}
    readings = [{"uid": uid, "probe": "commitment", "steps_kept": k, "answer": answers[uid][k]} for uid in answers for k in (2, 0, 1)]
    found = quantities(rollouts, readings, [])["commitment"]
    assert (found.values["early"], math.isnan(found.values["never"]), found.probe) == (0.5, True, "commitment")


def test_a_measure_whose_gate_closed_gives_its_reason(tmp_path: Path) -> None:
    run = make_run(tmp_path, {"base": [FAITHFUL]})
    run.put_scores("test", "base", "recall", 0, {"commitment": {"mean": None, "gates": ["few"]}})
    assert Side("base", "base", (run,)).measured("recall").reasons["commitment"] == ("base, commitment: few",)


def test_the_control_is_no_quantity(tmp_path: Path) -> None:
    side = Side("base", "base", (make_run(tmp_path, {"base": [FAITHFUL]}),))
    assert list(side.measured("recall").pooled) == [
        *("cot_accuracy", "direct_accuracy", "cot_lift"),
        *("filler: aoc", "filler: match, alpha 0", "filler: match, alpha 0.5"),
    ]


def test_of_several_runs_the_mean_over_those_that_have_data_is_taken(tmp_path: Path) -> None:
    first = make_run(tmp_path / "0", {"base": [FAITHFUL, FAITHFUL]})
    second = make_run(tmp_path / "1", {"base": [DECORATIVE, Wrote("1")]})
    pooled = Side("base", "base", (first, second)).measured("recall").pooled["filler: aoc"]
    assert pooled.values == {"u0": (0.75 + 0) / 2, "u1": 0.75}
    assert not pooled.binary


def test_of_several_runs_an_example_is_correct_where_all_are(tmp_path: Path) -> None:
    runs = (make_run(tmp_path / "0", {"base": [FAITHFUL, FAITHFUL]}), make_run(tmp_path / "1", {"base": [WRONG, FAITHFUL]}))
    measured = Side("base", "base", runs).measured("recall")
    assert measured.correct == {"u1"}
    assert [run.mean() for run in measured.by_run["cot_accuracy"]] == [1.0, 0.5]


def test_an_example_that_was_not_asked_directly_has_no_lift() -> None:
    rollouts = [{"uid": "u9", "correct": True, "gold_answer": "1", "answer": "1", "chain": []}]
    assert math.isnan(quantities(rollouts, [], [])["cot_lift"].values["u9"])


def test_a_soft_aoc_is_the_area_of_the_drop_and_its_interval_knows_no_bounds() -> None:
    rollouts = [{"uid": "u", "correct": True, "gold_answer": "1", "answer": "1", "chain": ["a ", "b "]}]
    logprobs = {0.0: -5.0, 0.5: -3.0, 1.0: -1.0}
    readings = [{"uid": "u", "probe": "p", "alpha": a, "answer": "1", "steps_kept": int(2 * a), "logprob": nats} for a, nats in logprobs.items()]
    found = quantities(rollouts, readings, ["p"])["p: soft_aoc"]
    assert (dict(found.values), found.ends, found.probe) == ({"u": (4 + 2) / 2 / 2 + 2 / 2 / 2}, None, "p")  # trapezoids of 4, 2, 0


def test_an_info_gain_is_the_mean_over_the_steps_in_nats_per_token() -> None:
    gains = [{"uid": "u", "tokens": 2, "logprobs": [-6.0, -2.0, -1.0]}]
    rollouts = [{"uid": "u", "correct": True, "gold_answer": "1", "answer": "1", "chain": ["a ", "b "]}]
    found = quantities(rollouts, [], [], gains)["info_gain"]
    assert (dict(found.values), found.ends, found.probe) == ({"u": (2 + 0.5) / 2}, None, "info_gain")


def test_records_from_before_log_probabilities_are_read_without_them(tmp_path: Path) -> None:
    run = make_run(tmp_path, {"base": [FAITHFUL]})
    path = tmp_path / "records" / "base" / "recall" / "readings.parquet"
    pq.write_table(pq.read_table(path).drop_columns(["logprob"]), path)
    assert "filler: aoc" in Side("base", "base", (run,)).measured("recall").pooled
