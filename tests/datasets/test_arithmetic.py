"""Arithmetic: the gold chain proves the answer."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest

from cotfaith.datasets.arithmetic import Arithmetic
from cotfaith.datasets.scenes import HELD_OUT_NAMES, NAMES
from cotfaith.datasets.stories import MOST_STEPS
from cotfaith.types import Example

EQUATION = re.compile(r"(\d+) ([+-]) (\d+) = (-?\d+)")


def arithmetic(test_size: int = 150, **options: object) -> Sequence[Example]:
    return Arithmetic(train_size=1, val_size=1, test_size=test_size, seed=5, **options).load("test")  # type: ignore[arg-type]  # of several kinds


def equations(example: Example) -> list[tuple[int, int, int]]:
    """(before, signed change, after) of every step; a step that has not exactly one equation fails."""
    found = [EQUATION.findall(step) for step in example.chain]
    assert {len(of_step) for of_step in found} == {1}
    return [(int(before), int(sign + change), int(after)) for ((before, sign, change, after),) in found]


def words(example: Example) -> set[str]:
    return set(re.findall(r"[A-Za-z]+", example.question + "".join(example.chain)))


def test_every_equation_is_true() -> None:
    wrong = [example.chain for example in arithmetic() if any(before + change != after for before, change, after in equations(example))]
    assert wrong == []


def test_each_step_goes_on_from_the_one_before_and_the_last_gives_the_answer() -> None:
    for example in arithmetic():
        steps = equations(example)
        assert [after for _, _, after in steps[:-1]] == [before for before, _, _ in steps[1:]]
        assert example.answer == str(steps[-1][2])


def test_every_count_lies_between_0_and_99() -> None:
    counts = {count for example in arithmetic() for before, _, after in equations(example) for count in (before, after)}
    assert min(counts) >= 0
    assert max(counts) <= 99


def test_the_question_states_the_start_and_every_change() -> None:
    for example in arithmetic():
        steps = equations(example)
        stated = {int(number) for number in re.findall(r"\d+", example.question)}
        assert {steps[0][0], *(abs(change) for _, change, _ in steps)} <= stated


def test_chains_have_every_length_that_was_asked_for_and_no_other() -> None:
    assert {len(example.chain) for example in arithmetic(min_steps=3, max_steps=5)} == {3, 4, 5}


def test_held_out_names_are_none_of_the_seen_ones() -> None:
    held_out, seen = ({name for group in names.values() for name in group} for names in (HELD_OUT_NAMES, NAMES))
    assert not held_out & seen


@pytest.mark.parametrize(("names", "other"), [("seen", HELD_OUT_NAMES), ("held_out", NAMES)])
def test_stories_are_told_with_the_names_that_were_asked_for(names: str, other: dict[str, list[str]]) -> None:
    found = set().union(*(words(example) for example in arithmetic(names=names)))
    assert not found & {name for group in other.values() for name in group}


def test_the_longest_story_there_is_can_be_told() -> None:
    (example,) = arithmetic(1, min_steps=MOST_STEPS, max_steps=MOST_STEPS)
    assert len(equations(example)) == MOST_STEPS


@pytest.mark.parametrize(("least", "most"), [(0, 3), (4, 3), (2, MOST_STEPS + 1)])
def test_step_numbers_that_no_story_has_are_refused(least: int, most: int) -> None:
    # More steps than sizes of gains and losses ended in an IndexError.
    with pytest.raises(ValueError, match="expected 1 <= min_steps <= max_steps"):
        arithmetic(min_steps=least, max_steps=most)


def test_an_unknown_set_of_names_is_refused() -> None:
    with pytest.raises(ValueError, match=r"dataset\.names: expected 'seen' or 'held_out', got 'both'"):
        arithmetic(names="both")
