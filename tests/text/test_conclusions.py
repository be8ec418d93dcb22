"""Conclusions: which of several numbers a statement states."""

from __future__ import annotations

import pytest

from cotfaith.text.answers import Verdict, parse


@pytest.mark.parametrize(
    ("statement", "answer"),
    [
        # One stated number, said again in another unit or compared: it was read as the result of an equation.
        ("60 minutes, which is 1 hour.", "60"),
        ("60, which equals 1 hour", "60"),
        ("24 eggs, which is 2 dozen eggs", "24"),
        ("120 loaves on Saturday, which is 2 times as many as on Friday.", "120"),
        ("10 apples, which is 5 more than Tom has", "10"),
        # A computation, and its result.
        ("20% of 50, which is 10.", "10"),
        ("half of 12, which is 6", "6"),
        ("3 more than 5, which is 8", "8"),
        ("5 + 3, which is 8.", "8"),
        ("5 dozen eggs, which is 5 * 12 = 60", "60"),
        ("2 hours and 30 minutes, which is 150 minutes", "150"),
        ("5 more, which makes 8", "8"),
    ],
)
def test_which_is_states_the_result_of_a_computation_and_repeats_a_stated_number(statement: str, answer: str) -> None:
    assert parse(f" {statement}") == Verdict(answer, "parsed")


@pytest.mark.parametrize(
    ("statement", "answer"),
    [
        ("2 dozen eggs", "24"),
        ("5k.", "5000"),
        ("$5M.", "5000000"),
        ("3\u03c0.", "3*pi"),
        ("5! = 120", "120"),
        ("2x = 10, so x = 5", "5"),
        ("5!", "5"),
    ],
)
def test_a_factor_behind_a_number_counts(statement: str, answer: str) -> None:
    assert parse(f" {statement}") == Verdict(answer, "parsed")


@pytest.mark.parametrize("statement", ["3x", "3x.", "5!.", "5M", "5x as many"])
def test_a_number_times_an_unknown_is_missing(statement: str) -> None:
    assert parse(f" {statement}") == Verdict(None, "missing")


@pytest.mark.parametrize("statement", ["5 + 5", "8 * 8", "3x or 4"])
def test_a_sum_that_is_not_added_up_states_none_of_its_numbers(statement: str) -> None:
    assert parse(f" {statement}") == Verdict(None, "ambiguous")
