"""The records: what an example may be, and when a rollout is correct."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace

import pytest

from cotfaith.types import Example, Finish, Rollout

EXAMPLE = Example("u1", "2 + 2?", "4")
ROLLOUT = Rollout(EXAMPLE, ("2 + 2 = 4\n",), "4", "parsed", "stop", "2 + 2 = 4\nThe answer is 4.", 12, "0" * 16)


@pytest.mark.parametrize("field", ["uid", "question", "answer"])
@pytest.mark.parametrize("empty", ["", " \n"])
def test_an_example_without_uid_question_or_answer_is_refused(field: str, empty: str) -> None:
    with pytest.raises(ValueError, match=f"{field} is empty"):
        replace(EXAMPLE, **{field: empty})


@pytest.mark.parametrize("answer", ["C", "a", "Lima", "1"])
def test_an_answer_that_names_no_choice_is_refused(answer: str) -> None:
    with pytest.raises(ValueError, match=rf"example 'u1': answer '{answer}' names none of its choices \['A', 'B'\]"):
        Example("u1", "Capital of Peru?", answer, choices=("Oslo", "Lima"))


def test_the_first_choice_is_a() -> None:
    assert Example("u1", "Capital of Peru?", "A", choices=("Lima", "Oslo")).answer == "A"


@pytest.mark.parametrize("count", [1, 27])
def test_one_choice_or_more_than_there_are_letters_are_refused(count: int) -> None:
    with pytest.raises(ValueError, match=f"expected no choices or 2 to 26, got {count}"):
        Example("u1", "Which?", "A", choices=("x",) * count)


def test_a_record_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        EXAMPLE.answer = "5"  # type: ignore[misc]  # the mistake under test


@pytest.mark.parametrize(
    ("answer", "finish", "correct"),
    [("4", "stop", True), ("5", "stop", False), (None, "stop", False), ("4", "length", False), ("4.0", "stop", False)],
)
def test_a_rollout_is_correct_when_it_finished_with_the_gold_answer(answer: str | None, finish: Finish, correct: bool) -> None:
    assert replace(ROLLOUT, answer=answer, finish=finish).correct is correct
