from __future__ import annotations

import math
from collections.abc import Sequence

import pytest

from cotfaith.engine.letters import letter_ids, option_logprobs
from cotfaith.text.encoding import Encoder


class Spelling:
    """An encoder that knows these texts only."""

    def __init__(self, **ids: Sequence[int]) -> None:
        self.ids, self.tokenizer = ids, self
        self.name_or_path = "spelling"

    def continuation(self, text: str) -> Sequence[int]:
        return self.ids[text.replace(" ", "_")]

    def decode(self, ids: Sequence[int]) -> str:
        return next((text for text, one in self.ids.items() if ids[0] == one[-1]), "")


def test_both_spellings_of_a_letter_are_known(encoder: Encoder) -> None:
    for letter, ids in zip("ABCDE", letter_ids(encoder, 5), strict=True):
        assert {encoder.decode([one]).strip() for one in ids} == {letter}


def test_a_space_of_its_own_is_passed_over() -> None:
    assert letter_ids(Spelling(_A=(9, 1), A=(1,), _B=(9, 2), B=(3,)), 2) == [(1,), (2, 3)]  # type: ignore[arg-type]


def test_letters_that_share_a_token_are_refused() -> None:
    with pytest.raises(ValueError, match="two letters one token"):
        letter_ids(Spelling(_AB=(1,), _A=(1,), A=(1,), _B=(1,), B=(1,)), 2)  # type: ignore[arg-type]


def test_spellings_of_one_choice_add_up_as_probabilities() -> None:
    found = option_logprobs([math.log(0.1), math.log(0.2), math.log(0.4)], [(1, 2), (3,)])
    assert found == pytest.approx((math.log(0.3), math.log(0.4)))


def test_an_impossible_choice_stays_impossible() -> None:
    assert option_logprobs([-math.inf, -math.inf], [(1, 2)]) == (-math.inf,)
