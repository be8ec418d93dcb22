"""Answers: one canonical form, and no verdict where none was stated."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cotfaith.text.answers import Parted, Verdict, canonical_number, parse, part

FOUR = ("Oslo", "Lima", "Doha", "Riga")
CUE = "The answer is"


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("1234", "1234"),
        ("1,234", "1234"),
        ("$1,234.00", "1234"),
        ("$ 5", "5"),
        ("-7", "-7"),
        ("-$7.50", "-7.5"),
        ("\u22127", "-7"),  # the typesetter's minus
        ("3.10", "3.1"),
        (".5", "0.5"),
        ("0.0", "0"),
        ("-0", "0"),
        ("007", "7"),
        ("1000000", "1000000"),  # no exponent
        ("100.00", "100"),
        (" 8 ", "8"),
    ],
)
def test_a_number_has_one_canonical_form(text: str, canonical: str) -> None:
    assert canonical_number(text) == canonical


@pytest.mark.parametrize("text", ["", "two", "1,23", "12,34", "1.2.3", "3 4", "5%", "1e5", "."])
def test_what_is_not_one_number_has_no_canonical_form(text: str) -> None:
    assert canonical_number(text) is None


@settings(deadline=None, max_examples=100)
@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**9), max_value=10**9, places=3))
def test_a_canonical_number_is_its_own_canonical_form_and_keeps_its_value(number: object) -> None:
    canonical = canonical_number(f"{number:,}")
    assert canonical is not None
    assert canonical_number(canonical) == canonical
    assert float(canonical) == float(str(number))


@pytest.mark.parametrize(
    ("statement", "answer"),
    [
        (" 42", "42"),
        (" 42.", "42"),
        (" 42.\nShe is glad.", "42"),
        (" $1,234.00.", "1234"),
        (" 3.75 dollars.", "3.75"),
        (" -4", "-4"),
        (" 50%.", "50"),  # 50% is 50, never 0.5
        (" .5", "0.5"),
        (" ...5", "5"),
        (" about 12 apples! She had 7.", "12"),
        (" **18**", "18"),
        (" 14 - 5 = 9.", "9"),
        (" 2 + 2 = 4 = 4", "4"),
        (" 9, that is 9.00", "9"),  # one number said twice
        ("\n\n42", "42"),
        (" \n42", "42"),
        (":\n\n42", "42"),
    ],
)
def test_a_statement_of_one_number_is_parsed(statement: str, answer: str) -> None:
    assert parse(statement) == Verdict(answer, "parsed")


@pytest.mark.parametrize("statement", [" 3 or 4", " between 3 and 4.", " 1/2", " 10-4", " 5 = 2 + 3", " 1,23"])
def test_two_numbers_are_ambiguous(statement: str) -> None:
    assert parse(statement) == Verdict(None, "ambiguous")


@pytest.mark.parametrize("statement", [None, "", "  ", " ten", " (B)", " not known. It was 5."])
def test_a_statement_without_a_number_is_missing(statement: str | None) -> None:
    assert parse(statement) == Verdict(None, "missing")


@pytest.mark.parametrize(
    "statement",
    [
        " (B).",
        " (b)",
        " B",
        " B.",
        " B)",
        " **B**",
        " option B: Lima",
        " Lima",
        " lima.",
        " (B) Lima",
        " (B), so (B)",
        " B because it is Lima",
        ":\n(B)",
    ],
)
def test_a_letter_or_the_whole_text_of_a_choice_is_parsed(statement: str) -> None:
    assert parse(statement, FOUR) == Verdict("B", "parsed")


@pytest.mark.parametrize("statement", [" either (A) or (B)", " A or B", " (C) and (D).", " A and B"])
def test_two_letters_are_ambiguous(statement: str) -> None:
    assert parse(statement, FOUR) == Verdict(None, "ambiguous")


@pytest.mark.parametrize("statement", [" E", " (E).", " none of the above", " Lim", " Lima or so", " 2", " a", " A's", " A good question", " ABC"])
def test_what_names_no_choice_is_missing(statement: str) -> None:
    assert parse(statement, FOUR) == Verdict(None, "missing")


def test_a_choice_that_is_a_sentence_is_found_by_its_whole_text() -> None:
    # The statement loses its full stop and the choice kept its own: this was read as the letter "A".
    choices = ("The window broke.", "A stomach ache came on.")
    assert parse(" A stomach ache came on.", choices) == Verdict("B", "parsed")


def test_two_choices_with_the_same_text_are_ambiguous() -> None:
    assert parse(" Lima", ("Lima", "lima")) == Verdict(None, "ambiguous")


@settings(deadline=None, max_examples=200)
@given(st.text(alphabet="ABCDEF()., \nor12", max_size=12))
def test_a_verdict_is_parsed_exactly_when_it_has_an_answer(statement: str) -> None:
    verdict = parse(statement, FOUR)
    assert (verdict.status == "parsed") == (verdict.answer is not None)
    assert verdict.answer in {None, "A", "B", "C", "D"}


def test_the_last_marker_wins() -> None:
    text = "The answer is 3.\nNo: 2 + 2 = 4.\nThe answer is 4."
    assert part(text, CUE) == Parted("The answer is 3.\nNo: 2 + 2 = 4.\n", " 4")


def test_the_marker_is_found_in_any_case_with_its_lead_in() -> None:
    assert part("2 + 2 = 4. So, the ANSWER is 4!", CUE) == Parted("2 + 2 = 4. ", " 4")


def test_without_a_marker_all_is_chain_and_the_answer_is_missing() -> None:
    parted = part("2 + 2 = 4.", CUE)
    assert parted == Parted("2 + 2 = 4.", None)
    assert parse(parted.statement).status == "missing"


def test_a_generation_that_opens_with_the_marker_has_no_chain() -> None:
    assert part("The answer is 4.", CUE) == Parted("", " 4")


def test_an_answer_on_the_line_behind_the_marker_is_its_statement() -> None:
    assert part("2 + 2 = 4.\nThe answer is:\n4\nBye", CUE) == Parted("2 + 2 = 4.\n", "4")


def test_a_decimal_point_does_not_end_the_statement() -> None:
    assert part("The answer is $1.50. That is all.", CUE).statement == " $1.50"


def test_letters_that_change_length_in_lower_case_do_not_shift_the_marker() -> None:
    # "İ".lower() has two characters: places found in the lower-cased text cut "345" down to "5".
    assert part("İİ has 345.\nThe answer is 345", CUE) == Parted("İİ has 345.\n", " 345")


def test_a_step_of_few_words_on_the_line_before_the_marker_is_no_lead_in() -> None:
    # A step without a number that ends in a blank was taken away with the line break behind it.
    assert part("We add both \nThe answer is 5", CUE).chain == "We add both \n"


@settings(deadline=None, max_examples=200)
@given(st.text(), st.integers(0, 10**6))
def test_the_text_before_a_marker_line_stays_whole(before: str, number: int) -> None:
    parted = part(f"{before}.\nThe answer is {number}.", CUE)
    assert parted == Parted(f"{before}.\n", f" {number}")
