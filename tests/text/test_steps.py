"""Steps: the split loses nothing, and what is no sentence ends no step."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cotfaith.text.steps import split_steps

# Pieces that meet every rule of the splitter, joined at random, besides text from the whole of Unicode.
PIECES = ("\n", " ", "\t", "\r\n", ".", "!", "?", "1.", "2)", "$1.50", "Mr", "e.g", "A", "So ", "- ", "• ", '"', ")", "word", "\u2028", "İ")
TEXTS = st.one_of(st.text(), st.lists(st.sampled_from(PIECES)).map("".join))


@settings(deadline=None, max_examples=200)
@given(TEXTS.filter(str.strip))
def test_joining_the_steps_gives_the_text_back(text: str) -> None:
    assert "".join(split_steps(text)) == text


@settings(deadline=None, max_examples=200)
@given(TEXTS)
def test_no_step_is_blank(text: str) -> None:
    assert all(step.strip() for step in split_steps(text))


@pytest.mark.parametrize("text", ["", " ", "\n\n", " \t\n "])
def test_white_space_alone_is_no_reasoning(text: str) -> None:
    assert split_steps(text) == ()


def test_lines_are_steps_and_their_sentences_are_not() -> None:
    assert split_steps("She buys 2. He buys 3.\n2 + 3 = 5.\n") == ("She buys 2. He buys 3.\n", "2 + 3 = 5.\n")


def test_one_paragraph_is_split_into_sentences() -> None:
    assert split_steps("She buys 2. Is that all? No! He buys 3.") == ("She buys 2. ", "Is that all? ", "No! ", "He buys 3.")


def test_one_line_with_its_line_break_is_one_paragraph() -> None:
    assert split_steps("She buys 2. He buys 3.\n") == ("She buys 2. ", "He buys 3.\n")


@pytest.mark.parametrize(
    "sentence",
    [
        "It costs $1.50 and 2.75 more.",
        "Mr. Smith and Dr. Jones meet Mrs. Hill.",
        "Fruit, e.g. Apples, i.e. Two of them.",
        "At 5 p.m. The bus leaves from the U.S. Embassy.",
        "Point B. Then is no sentence of its own.",
        "he walks 3 km. after that he rests",
    ],
)
def test_a_full_stop_inside_a_sentence_ends_no_step(sentence: str) -> None:
    assert split_steps(sentence) == (sentence,)


def test_a_closing_quotation_mark_stays_with_its_sentence() -> None:
    assert split_steps('He says "I have 2." She has 3.') == ('He says "I have 2." ', "She has 3.")


def test_blank_lines_belong_to_the_step_before() -> None:
    assert split_steps("one\n\n \ntwo\n\n") == ("one\n\n \n", "two\n\n")


def test_leading_blank_lines_belong_to_the_first_step() -> None:
    assert split_steps("\n\none\ntwo") == ("\n\none\n", "two")


def test_list_numbers_of_lines_stay_with_their_lines() -> None:
    assert split_steps("1. Add 2.\n2. Take 1.") == ("1. Add 2.\n", "2. Take 1.")


def test_list_numbers_inside_a_paragraph_are_no_steps() -> None:
    # "2. " was a step of its own: it counted in the chain's length and a cut could fall behind it.
    assert split_steps("1. Add 2 and 3 to get 5. 2. Subtract 1 to get 4.") == ("1. Add 2 and 3 to get 5. ", "2. Subtract 1 to get 4.")


@pytest.mark.parametrize("mark", ["1.", "12)", "-", "*", "•"])
def test_a_mark_on_a_line_of_its_own_belongs_to_the_line_behind_it(mark: str) -> None:
    assert split_steps(f"{mark}\n\nAdd 2.\nTake 1.") == (f"{mark}\n\nAdd 2.\n", "Take 1.")


def test_a_mark_with_nothing_behind_it_belongs_to_the_last_step() -> None:
    assert split_steps("Add 2.\nTake 1.\n3.") == ("Add 2.\n", "Take 1.\n3.")
