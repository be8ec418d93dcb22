"""Choices: a letter with the text behind it, and two that are named are never one."""

from __future__ import annotations

import pytest

from cotfaith.text.answers import Verdict, parse
from cotfaith.text.choices import letters
from cotfaith.text.generations import read_answer

DRUGS = ("Aspirin", "Vitamin B12", "None of the above", "Hepatitis B")
# Full stops, brackets, letters, signs, quotation marks and line ends inside; one text is the start of another.
ODD = [
    DRUGS,
    ("5", "10", "10.5", "1,050"),
    ("5 mg", ".5 mg", "-5 mg", "50 mg"),
    ("$5", "5%", "5 (five)", "(5, 6)"),
    ("A and B", "Both (A) and (C)", "Neither A nor B", "All, except (B)"),
    ("I", "II", "X", "E. coli"),
    ("Aspirin", "Aspirin and warfarin", "Warfarin (Coumadin)", "Warfarin, Coumadin and aspirin."),
    ("St. John. He came first", "RhO(D) helps.", 'He says "no"\n"', "Free energy (G) of B is not known"),
    ("Cannot be determined", "Because it is 5", "$\\frac{1}{2}$", "2x = 1, so x"),
]
FORMS = (
    "{letter} ({text}).",
    "{letter}. {text}",
    "({letter}) {text}.",
    "{letter}) {text}",
    "**{letter}. {text}**",
    "{letter} - {text}",
    "{letter} = {text}.",
    "{letter}, which is {text}.",
    "{letter} which is {text}.",
    "option {letter} ({text})",
    "{text}.",
)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("choices", ODD)
def test_a_letter_with_its_own_text_is_that_choice(form: str, choices: tuple[str, ...]) -> None:
    statements = [form.format(letter=letter, text=text) for letter, text in zip(letters(choices), choices, strict=True)]
    assert [parse(f" {statement}", choices).answer for statement in statements] == letters(choices)


@pytest.mark.parametrize("form", ["{letter} ({text}).", "{letter}. {text}", "({letter}) {text}.", "{letter} - {text}", "{letter}, which is {text}."])
@pytest.mark.parametrize("choices", ODD[:4])
def test_a_letter_with_the_text_of_another_choice_is_ambiguous(form: str, choices: tuple[str, ...]) -> None:
    others = [*choices[1:], choices[0]]
    statements = [form.format(letter=letter, text=text) for letter, text in zip(letters(choices), others, strict=True)]
    assert {parse(f" {statement}", choices) for statement in statements} == {Verdict(None, "ambiguous")}


@pytest.mark.parametrize(
    "statement", ["B (see above).", "B (the vitamin(s))", "_B_", "__B__", "B, I think", "not A, it's B", "B. Vitamin B12, not A. Aspirin"]
)
def test_other_prose_beside_a_letter_changes_nothing(statement: str) -> None:
    assert parse(f" {statement}", DRUGS) == Verdict("B", "parsed")


@pytest.mark.parametrize(
    "statement", ["A (small) dose", "A patient", "Hepatitis B (acute)", "I think", "apple(s) and f(b)", "A little (of it) helps"]
)
def test_an_article_or_a_name_is_no_letter(statement: str) -> None:
    assert parse(f" {statement}", DRUGS) == Verdict(None, "missing")


@pytest.mark.parametrize(
    "statement",
    [
        "A and also B",
        "A as well as B",
        "A and possibly B",
        "A or, less likely, B",
        "A; B",
        "A + B",
        "A, but B is also acceptable",
        "A, although B is possible",
        "A. Aspirin and B. Vitamin B12",
        "both A. Aspirin and B. Vitamin B12",
        "A. Aspirin or D. Hepatitis B",
        "A and (B)",
        "(A) or B",
        "A - Vitamin B12",
        '["A", "B"]',
        '["Aspirin", "B"]',
    ],
)
def test_two_choices_named_are_ambiguous(statement: str) -> None:
    assert parse(f" {statement}", DRUGS) == Verdict(None, "ambiguous")


def test_a_json_list_of_answers_is_read_whole() -> None:
    assert read_answer('{"answer": ["A", "B"]}', "The answer is", DRUGS).verdict == Verdict(None, "ambiguous")
    assert read_answer('{"answer": ["B"]}', "The answer is", DRUGS).verdict == Verdict("B", "parsed")


def test_a_leading_point_belongs_to_the_number() -> None:
    # It was stripped as punctuation: ".5 mg" was read as "5 mg", ten times as much.
    assert parse(" .5 mg.", ("5 mg", "10 mg", "50 mg", "1 mg")) == Verdict(None, "missing")
    assert parse(" .5 mg.", ("5 mg", ".5 mg")) == Verdict("B", "parsed")


def test_choices_that_differ_in_what_is_stripped_are_told_apart() -> None:
    assert parse(' 5".', ("5'", '5"')) == Verdict("B", "parsed")
