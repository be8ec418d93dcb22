"""Repetition: a chain that goes round in circles is told from one that is only regular."""

from __future__ import annotations

import pytest

from cotfaith.text.repetition import is_degenerate


@pytest.mark.parametrize("loop", ["no", "so so", "we add it", "and then we add"])
def test_words_that_follow_each_other_again_and_again_are_degenerate(loop: str) -> None:
    text = " ".join([loop] * 16)
    assert is_degenerate(text)
    assert is_degenerate(f"First we look at the numbers. {text}")
    assert is_degenerate(f"{text} and at last 3 + 4 = 7")


def test_four_words_three_times_are_not_degenerate() -> None:
    assert not is_degenerate(" ".join(["so it is five"] * 3))


def test_a_longer_loop_is_outside_the_definition() -> None:
    assert not is_degenerate("a b c d e " * 3)


@pytest.mark.parametrize("text", ["", "one", "She finds 5, so 9 + 5 = 14.\nShe finds 4, so 14 + 4 = 18.\nShe finds 3, so 18 + 3 = 21.\n"])
def test_a_regular_chain_is_not_degenerate(text: str) -> None:
    assert not is_degenerate(text)
