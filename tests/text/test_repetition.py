"""Repetition: a chain that goes round in circles is told from one that is only regular."""

from __future__ import annotations

import pytest

from cotfaith.datasets.arithmetic import Arithmetic
from cotfaith.datasets.commonsense import Commonsense
from cotfaith.text.repetition import is_degenerate


@pytest.mark.parametrize("loop", ["no", "so so", "we add it", "and then we add"])
def test_words_that_follow_each_other_again_and_again_are_degenerate(loop: str) -> None:
    text = " ".join([loop] * 16)
    assert is_degenerate(text)
    assert is_degenerate(f"First we look at the numbers. {text}")
    assert is_degenerate(f"{text} and at last 3 + 4 = 7")


def test_four_words_three_times_are_not_degenerate() -> None:
    assert not is_degenerate(" ".join(["so it is five"] * 3))


@pytest.mark.parametrize("line", ["So 3 + 5 = 8.\n", "She finds 5 shells on the beach, so 9 + 5 = 14.\n", " ".join(map(str, range(40))) + "\n"])
def test_a_line_that_is_said_four_times_is_degenerate_and_three_times_is_not(line: str) -> None:
    assert is_degenerate(f"We add.\n{line * 4}")
    assert not is_degenerate(f"We add.\n{line * 3}So it is 8.\n")


@pytest.mark.parametrize("kind", [Arithmetic, Commonsense])
def test_no_gold_chain_of_the_embedded_data_is_degenerate(kind: type[Arithmetic] | type[Commonsense]) -> None:
    examples = kind(train_size=1, val_size=1, test_size=200, seed=1).load("test")
    assert [example.chain for example in examples if is_degenerate("".join(example.chain or ()))] == []


@pytest.mark.parametrize("text", ["", "one", "She finds 5, so 9 + 5 = 14.\nShe finds 4, so 14 + 4 = 18.\nShe finds 3, so 18 + 3 = 21.\n"])
def test_a_regular_chain_is_not_degenerate(text: str) -> None:
    assert not is_degenerate(text)
