"""Recall: the letter points to the true capital."""

from __future__ import annotations

from collections.abc import Sequence

from cotfaith.datasets.recall import CAPITALS, KNOWN, Recall
from cotfaith.types import Example


def recall() -> Sequence[Example]:
    return Recall(train_size=1, val_size=1, test_size=200, seed=0).load("test")


def asked(example: Example) -> str:
    """The country in the question."""
    (country,) = [country for country in CAPITALS if country in example.question]
    return country


def test_the_answer_points_to_the_capital_of_the_country_that_was_asked_for() -> None:
    for example in recall():
        assert example.choices["ABCD".index(example.answer)] == CAPITALS[asked(example)]


def test_the_four_options_are_different_capitals() -> None:
    for example in recall():
        assert len(set(example.choices) & set(CAPITALS.values())) == 4


def test_no_letter_is_favoured() -> None:
    letters = [example.answer for example in recall()]
    # 200 fair draws of four: fewer than 30 of one letter has a probability below 0.001.
    assert min(letters.count(letter) for letter in "ABCD") >= 30


def test_some_facts_known_to_countries_outside_the_table_are_right() -> None:
    assert {name: CAPITALS[name] for name in ("Peru", "Canada", "Turkey", "Brazil")} == {
        "Peru": "Lima",
        "Canada": "Ottawa",
        "Turkey": "Ankara",
        "Brazil": "Brasilia",
    }


def test_no_two_countries_share_a_capital() -> None:
    assert len(set(CAPITALS.values())) == len(CAPITALS)


def test_half_of_the_facts_are_known_to_the_embedded_model() -> None:
    assert abs(len(CAPITALS) - 2 * len(KNOWN)) <= 1
    assert set(KNOWN) < set(CAPITALS)
