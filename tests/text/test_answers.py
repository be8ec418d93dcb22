"""Answers: one canonical form, and no verdict where none was stated."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cotfaith.text.answers import Verdict, canonical_answer, parse

FOUR = ("Oslo", "Lima", "Doha", "Riga")


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
        (" as follows:\n42", "42"),
        (" 1/2", "0.5"),
        (" 2/3 of a cup", "2/3"),
        (" 1 1/2 cups", "1.5"),
        (" twenty-five.", "25"),
        (" a dozen eggs", "12"),
        (" $5 per 2 hours", "5"),
        (" 5 + 3 = 8", "8"),
        (" x = 12 apples and so 12", "12"),
        (" 1.5 hours (90 minutes)", "1.5"),
        (" 60 minutes for the 3-mile walk", "60"),
        (" 12 out of 30", "12"),
        (" 6, not 5", "6"),
        (" **72** clips in 2 months", "72"),
        (" Rs. 540.", "540"),
        (" \\boxed{x = 12 \\text{ apples}}", "12"),
        (" $\\frac{3}{4}$", "0.75"),
        (" 10% of $3000, which is $300", "300"),
        (" Each class has 1 hour, so he spends 160 hours", "160"),
        (" $2\\sqrt{3}$ cm.", "2*sqrt(3)"),
        (" \\(\\frac{\\pi}{2}\\)", "pi/2"),
        (" x+1", "x + 1"),
        (" 5, because she had 8 and gave 3", "5"),
    ],
)
def test_a_statement_of_one_number_is_parsed(statement: str, answer: str) -> None:
    assert parse(statement) == Verdict(answer, "parsed")


@pytest.mark.parametrize(
    "statement", [" 3 or 4", " between 3 and 4.", " 10-4", " 5 = 2 + 3", " 1,23", " 3 onions and 1 potato", " 4 + 2 = 6 apples and 7 pears"]
)
def test_two_numbers_are_ambiguous(statement: str) -> None:
    assert parse(statement) == Verdict(None, "ambiguous")


@pytest.mark.parametrize("statement", [None, "", "  ", " one of them", " (B)", " 3:30 pm", " 10 + John's age", " $20 * (1.01)^36", " not 5"])
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
        " b",
        " option b",
        " **B. Lima**",
        " B) Lima",
        ' "B"}',
        " \\boxed{B}",
        " \\boxed{\\text{(b) Lima}}",
        " most likely B",
        " (B), not (A)",
        " (B) Lima, since options (A) and (C) are too cold",
        " Lima\n\nBecause it is.",
        " (B) Lima",
        " (B), so (B)",
        " B because it is Lima",
        ":\n(B)",
    ],
)
def test_a_letter_or_the_whole_text_of_a_choice_is_parsed(statement: str) -> None:
    assert parse(statement, FOUR) == Verdict("B", "parsed")


@pytest.mark.parametrize(
    "statement", [" either (A) or (B)", " A or B", " (C) and (D).", " A and B", " A, B and C", " A/B", " (B) Oslo", " (B) or (E)"]
)
def test_two_letters_are_ambiguous(statement: str) -> None:
    assert parse(statement, FOUR) == Verdict(None, "ambiguous")


@pytest.mark.parametrize(
    "statement",
    [
        " E",
        " (E).",
        " none of the above",
        " Lim",
        " Lima or so",
        " 2",
        " a",
        " A's",
        " A good question",
        " ABC",
        " Hepatitis B.",
        " vitamin C",
        " not (B)",
        " A. fumigatus",
        " neither A nor B",
    ],
)
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


def test_a_letter_that_is_also_the_text_of_another_choice_is_ambiguous_unless_it_is_bracketed() -> None:
    blood = ("B", "A", "AB", "0")
    assert parse(" A", blood) == Verdict(None, "ambiguous")
    assert parse(" (A)", blood) == Verdict("A", "parsed")


def test_none_of_the_above_is_a_choice_only_where_it_is_offered() -> None:
    assert parse(" none of the above.", ("Oslo", "None of the above choices .", "None of the above")) == Verdict("C", "parsed")
    assert parse(" none of the above.", FOUR) == Verdict(None, "missing")


@pytest.mark.parametrize(
    "statement", [" unknown.", "I cannot determine the answer.", "There is not enough information.", "It cannot be determined from the 3 facts."]
)
@pytest.mark.parametrize("choices", [(), FOUR])
def test_a_refusal_is_a_status_of_its_own(statement: str, choices: tuple[str, ...]) -> None:
    assert parse(statement, choices) == Verdict(None, "refused")


def test_a_refusal_that_is_a_choice_is_that_choice() -> None:
    assert parse(" It cannot be determined.", ("12", "It cannot be determined")) == Verdict("B", "parsed")


def test_a_choice_may_hold_a_full_stop() -> None:
    assert parse(" St. John. He came first.", ("Luke", "St. John. He came first")) == Verdict("B", "parsed")


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("1,234", "1234"),
        ("\\frac{1}{2}", "0.5"),
        ("\\sqrt{12}", "2*sqrt(3)"),
        ("1+x", "x + 1"),
        ("(x+1)^2", "x**2 + 2*x + 1"),
        ("x", None),
        ("Lima", None),
    ],
)
def test_a_free_gold_answer_has_one_canonical_form(text: str, canonical: str | None) -> None:
    assert canonical_answer(text) == canonical


@settings(deadline=None, max_examples=200)
@given(st.text(alphabet="AB1234567890().,=+*$ \n%/-or", max_size=30), st.text(alphabet=" \n\t", max_size=4), st.sampled_from([(), FOUR]))
def test_white_space_behind_a_statement_changes_nothing(statement: str, blank: str, choices: tuple[str, ...]) -> None:
    assert parse(statement + blank, choices) == parse(statement, choices)


def test_a_choice_of_marks_alone_is_not_named_by_silence() -> None:
    assert parse(" ...", ("?", "12")) == Verdict(None, "missing")


def test_a_choice_in_latex_is_found_as_it_is_written() -> None:
    assert parse(r" $\frac{1}{2}$.", (r"$\frac{1}{3}$", r"$\frac{1}{2}$")) == Verdict("B", "parsed")
    assert parse(r" \$61", ("$61", "$65")) == Verdict("A", "parsed")
