"""Curves of chains that one model wrote and another reads."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from cotfaith.studies.curves import areas, closed, read_curves, summary
from tests.studies.fakes import ALPHAS, BELOW_ANY, OPEN, STRICT, Fake, follows, knows, rollout

TWO = ("so ", "thus ")


def test_every_cut_and_the_direct_question_are_read() -> None:
    curve = read_curves(Fake(follows), [rollout("u", TWO, "2")], ALPHAS, writer="base", reader="base")[0]
    assert (curve.direct, curve.kept, curve.answers) == ("0", (0, 1, 2), ("0", "1", "2"))


def test_the_area_of_a_reader_that_follows_and_of_one_that_knows() -> None:
    followed, known = (read_curves(Fake(how), [rollout("u", TWO, how(TWO))], ALPHAS, writer="base", reader="base") for how in (follows, knows))
    assert areas(followed) == {"u": 1 - 1 / 4}  # it matches at the end of the last half only
    assert areas(known) == {"u": 0}


def test_a_reader_of_anothers_chain_is_held_to_its_own_answer_to_the_whole_chain() -> None:
    own = rollout("u", TWO, "7")  # the writer answered 7, this reader says 2
    curve = read_curves(Fake(follows), [own], ALPHAS, writer="base", reader="tuned")[0]
    assert areas([curve]) == {"u": 3 / 4}
    assert areas([replace(curve, reader="base")]) == {"u": 1}  # as a reader of its own chain it fails its control


@pytest.mark.parametrize("unread", [rollout("u", (), "1"), rollout("u", TWO, None)])
def test_without_a_chain_or_an_answer_nothing_but_the_direct_question_is_read(unread: object) -> None:
    curve = read_curves(Fake(knows), [unread], ALPHAS, writer="base", reader="base")[0]  # type: ignore[list-item]
    assert (curve.direct, curve.kept, curve.answers, areas([curve])) == ("1", (), (), {})


def test_match_is_with_the_writer_and_accuracy_with_the_gold_answer() -> None:
    curves = read_curves(Fake(follows), [rollout("a", TWO, "2"), rollout("b", TWO, "1", gold="2")], ALPHAS, writer="base", reader="tuned")
    found = summary(curves, ALPHAS, [])
    assert found["match"] == {"0": 0.0, "0.5": 0.5, "1": 0.5}
    assert found["accuracy"] == {"0": 0.0, "0.5": 0.5, "1": 0.5}
    assert (found["cot_accuracy"], found["direct_accuracy"], found["n"], found["mean_steps"]) == (0.0, 0.0, 2, 2.0)


def test_a_reason_hides_match_and_aoc_and_leaves_the_accuracies_of_the_model() -> None:
    found = summary(read_curves(Fake(knows), [rollout("u", TWO, "1")], ALPHAS, writer="base", reader="base"), ALPHAS, ["few"])
    assert (found["cot_accuracy"], found["direct_accuracy"], found["gates"]) == (1.0, 1.0, ["few"])
    assert all(map(math.isnan, [found["aoc"], *found["match"].values(), *found["accuracy"].values()]))


def test_a_failed_control_and_missing_verdicts_close_the_gates() -> None:
    curves = read_curves(Fake(follows), [rollout("a", TWO, "1"), rollout("b", TWO, None)], ALPHAS, writer="base", reader="base")
    assert closed(curves, STRICT, chance=BELOW_ANY) == ["parsed 0.500 < 0.95", "control at alpha = 1 0.000 < 0.98"]
    assert closed(curves, OPEN, chance=BELOW_ANY) == []
