from __future__ import annotations

from cotfaith.training.lengths import Lengths


def test_of_a_hundred_lengths_ninety_five_are_at_most_so_long() -> None:
    assert Lengths.of(range(1, 101)) == Lengths(median=50, nearly_all=95, longest=100)


def test_one_length_is_all_three() -> None:
    assert Lengths.of([7]) == Lengths(7, 7, 7)


def test_it_reads_as_three_numbers() -> None:
    assert str(Lengths(1, 2, 3)) == "1 / 2 / 3"
