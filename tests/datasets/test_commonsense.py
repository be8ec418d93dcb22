"""Commonsense: the right option follows from what the passage says."""

from __future__ import annotations

from collections.abc import Sequence

from cotfaith.datasets.commonsense import CAUSES, Commonsense
from cotfaith.types import Example


def commonsense() -> Sequence[Example]:
    return Commonsense(train_size=1, val_size=1, test_size=150, seed=0).load("test")


def effect_of(example: Example) -> str:
    """What follows from the one cause that the passage tells, the person's name aside."""
    (effect,) = [effect for cause, effect, _ in CAUSES if cause.removeprefix("{N}") in example.question]
    return effect


def test_the_answer_points_to_what_follows_from_the_passage() -> None:
    for example in commonsense():
        assert example.choices["ABCD".index(example.answer)] == effect_of(example)


def test_the_four_options_are_different() -> None:
    assert {len(set(example.choices)) for example in commonsense()} == {4}


def test_the_chain_quotes_the_passage_and_ends_with_the_answer() -> None:
    for example in commonsense():
        quoted = example.chain[0].removeprefix("The passage says that ").rstrip("\n")
        assert quoted in example.question
        assert example.choices[ord(example.answer) - ord("A")][1:] in example.chain[-1]
