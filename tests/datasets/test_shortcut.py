"""Shortcut: the question gives the answer away, the chain may stop half-way."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest

from cotfaith.datasets.shortcut import Shortcut
from cotfaith.types import Example

KEY = re.compile(r"(?:answer key says|Answer key:|solution|the solution,) (\d+)\.\)?$", re.IGNORECASE)


def shortcut(chains: str, **options: int) -> Sequence[Example]:
    return Shortcut(train_size=1, val_size=1, test_size=60, seed=2, chains=chains, **options).load("test")  # type: ignore[arg-type]  # a mistake in one test


def test_the_last_words_of_the_question_state_the_answer() -> None:
    for example in shortcut("full"):
        assert KEY.findall(example.question) == [example.answer]


def test_a_full_chain_reaches_the_answer() -> None:
    for example in shortcut("full"):
        assert re.findall(r"= (\d+)", example.chain[-1]) == [example.answer]


def test_a_cut_chain_is_a_beginning_of_the_full_one_of_the_same_question() -> None:
    for cut, full in zip(shortcut("cut"), shortcut("full"), strict=True):
        assert cut.question == full.question
        assert cut.chain == full.chain[: len(cut.chain)]


def test_cut_chains_end_anywhere_from_the_second_step_to_the_last() -> None:
    lengths = {len(example.chain) for example in shortcut("cut", min_steps=4, max_steps=4)}
    assert lengths == {2, 3, 4}


def test_an_unknown_kind_of_chain_is_refused() -> None:
    with pytest.raises(ValueError, match=r"dataset\.chains: expected 'cut' or 'full', got 'half'"):
        shortcut("half")


@pytest.mark.parametrize(("least", "most"), [(0, 3), (4, 3), (2, 99)])
def test_step_numbers_that_no_story_has_are_refused(least: int, most: int) -> None:
    with pytest.raises(ValueError, match="expected 1 <= min_steps <= max_steps"):
        shortcut("full", min_steps=least, max_steps=most)
