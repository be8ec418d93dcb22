"""Steps: the split loses nothing, and what is no sentence ends no step."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cotfaith.text.steps import split_steps

# Pieces that meet every rule of the splitter, joined at random, besides text from the whole of Unicode.
PIECES = (
    "\n",
    " ",
    "\t",
    "\r\n",
    ".",
    "!",
    "?",
    "1.",
    "2)",
    "$1.50",
    "Mr",
    "e.g",
    "A",
    "So ",
    "- ",
    "• ",
    '"',
    ")",
    "word",
    "\\[",
    "\\]",
    "$$",
    "```",
    "| a |",
    "## ",
    "**",
    ":",
    "\u2028",
    "İ",
)
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
        "At 5 p.m. Anna leaves from the U.S. Embassy.",
        "J. K. Rowling wrote No. 5 of approx. 20 books.",
        "It weighs 8 oz. 2 of them weigh 16 oz. in all.",
        "He sees \\(x = 1. Then y\\) and $a. B$ and `x. Y`.",
        "So \\[x = 2. \\] and \\[y = 3. Then z\\] and $$a = 1. B$$ hold.",
        "The pt. Lee takes vit. B12 and vit. C.",
        "At wt. 70 kg, temp. 38 and resp. 20 the pt. 5 is ill.",
        "It costs $5 ... and $6.",
        "There are 3! (that is six) ways.",
        "Step 3. She adds.",
        "he walks 3 km. after that he rests",
    ],
)
def test_a_full_stop_inside_a_sentence_ends_no_step(sentence: str) -> None:
    assert split_steps(sentence) == (sentence,)


@pytest.mark.parametrize(
    "first",
    [
        "He walks to point B. ",
        "Let it be x. ",
        "So n = 240/W. ",
        "It weighs 8 oz. ",
        "It holds 8 pt. ",
        "He notes the temp. ",
        "It costs $5. ",
        "Hm... ",
        "It is 3:30 p.m. ",
    ],
)
def test_a_full_stop_before_a_new_sentence_ends_a_step(first: str) -> None:
    assert split_steps(f"{first}Then she pays $6.") == (first, "Then she pays $6.")


@pytest.mark.parametrize(
    "block",
    [
        "\\[\nx = 2\n\n+ 1\n\\]\n",
        "$$\nx = 2\n$$\n",
        "\\begin{align}\nx &= 2\\\\\ny &= 3\n\\end{align}\n",
        "| a | b |\n|---|---|\n| 1 | 2 |\n",
        "```python\nx = 2\n\nprint(x)\n```\n",
    ],
)
def test_a_block_is_one_step(block: str) -> None:
    assert split_steps(f"She adds.\n{block}That is all.") == ("She adds.\n", block, "That is all.")


@pytest.mark.parametrize("opening", ["\\[", "$$", "```", "\\begin{align}"])
def test_a_block_that_is_never_closed_swallows_nothing(opening: str) -> None:
    assert split_steps(f"{opening}\nShe adds.\nThat is all.")[-1] == "That is all."


@pytest.mark.parametrize("heading", ["Step 3:\n", "## Costs\n", "**Step 1: Costs**\n\n", "Simplifying, we get:\n\n", "---\n"])
def test_a_heading_belongs_to_the_step_behind_it(heading: str) -> None:
    assert split_steps(f"She adds.\n{heading}2 + 2 = 4.") == ("She adds.\n", f"{heading}2 + 2 = 4.")


def test_a_long_paragraph_among_lines_is_split_into_sentences() -> None:
    assert split_steps("Well.\nHe has 1. She has 2. They add. They have 3.") == ("Well.\n", "He has 1. ", "She has 2. ", "They add. ", "They have 3.")


def test_a_long_list_entry_is_one_step() -> None:
    entry = "- He has 1. She has 2. They add. They have 3.\n"
    assert split_steps(f"{entry}Done.") == (entry, "Done.")


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
