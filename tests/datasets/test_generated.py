"""Drawing splits: what happens at the edges."""

from __future__ import annotations

from random import Random

import pytest

from cotfaith.datasets.generated import Sizes, draw_split
from cotfaith.types import Example


def ten_questions(rng: Random, uid: str) -> Example:
    return Example(uid, f"Which number is {rng.randint(0, 9)}?", "1")


def test_a_generator_is_used_up_to_its_last_question() -> None:
    sizes = Sizes(train=3, val=3, test=4)
    drawn = [draw_split(ten_questions, split, sizes, "s") for split in ("train", "val", "test")]
    assert len({example.question for examples in drawn for example in examples}) == 10


def test_more_questions_than_there_are_is_refused_with_their_number() -> None:
    with pytest.raises(ValueError, match=r"dataset\.train_size: expected at most the 10 different questions .* got 8"):
        draw_split(ten_questions, "train", Sizes(train=8, val=1, test=2), "s")


def test_a_negative_size_of_another_split_is_refused_by_its_own_name() -> None:
    # The message named the split that was loaded.
    with pytest.raises(ValueError, match=r"dataset\.val_size: .* got -2"):
        draw_split(ten_questions, "test", Sizes(train=1, val=-2, test=2), "s")


def test_a_uid_stands_for_the_question_whatever_the_seed_or_the_split() -> None:
    by_seed = [{e.question: e.uid for e in draw_split(ten_questions, "test", Sizes(0, 0, 10), f"name/{seed}")} for seed in (7, 8)]
    assert by_seed[0] == by_seed[1]
    assert len(set(by_seed[0].values())) == 10
