"""Lettered options: labels and letters."""

from __future__ import annotations

import pytest

from cotfaith.datasets.choices import choice_example, label
from cotfaith.datasets.rows import Row, RowError


@pytest.mark.parametrize(("value", "first", "place"), [(0, 0, 0), ("3", 0, 3), (" 4 ", 1, 3), (1, 1, 0), (1.0, 1, 0), ("2.0", 1, 1)])
def test_a_label_is_a_place_whether_text_or_number(value: object, first: int, place: int) -> None:
    assert label(Row(1, {"cop": value}), "cop", first, 4) == place


@pytest.mark.parametrize(("value", "first"), [(4, 0), (0, 1), (-1, 0), ("", 0), (None, 1), (True, 1), ("A", 1), (0.5, 0)])
def test_what_is_no_label_is_refused(value: object, first: int) -> None:
    with pytest.raises(RowError, match=f"column 'cop': expected a label from {first} to {first + 3}"):
        label(Row(1, {"cop": value}), "cop", first, 4)


def test_the_letter_is_that_of_the_gold_place() -> None:
    example = choice_example("x", "Which?", [("a", "yes"), ("b", "no"), ("c", "Yes")], 1)
    assert (example.answer, example.choices) == ("B", ("yes", "no", "Yes"))


@pytest.mark.parametrize("count", [1, 27])
def test_too_few_or_too_many_options_are_refused(count: int) -> None:
    with pytest.raises(RowError, match="column 'choices': expected 2 to 26 options"):
        choice_example("x", "Which?", [(f"choices.{place}", str(place)) for place in range(count)], 0)
