from __future__ import annotations

from math import comb

import pytest

from cotfaith.analysis.mcnemar import mcnemar


def by_counting(gained: int, lost: int) -> float:
    """Twice the smaller tail of all 2 ** D ways in which D pairs could have turned out."""
    pairs = gained + lost
    tail = sum(comb(pairs, k) for k in range(min(gained, lost) + 1)) / 2**pairs
    return min(1.0, 2 * tail)


@pytest.mark.parametrize(("gained", "lost"), [(0, 6), (1, 9), (10, 3), (7, 7), (40, 21), (1, 0)])
def test_it_counts_the_ways_in_which_the_pairs_could_have_turned_out(gained: int, lost: int) -> None:
    assert mcnemar(gained, lost) == pytest.approx(by_counting(gained, lost), rel=1e-12)


def test_six_of_one_kind_are_the_fewest_that_are_significant() -> None:
    assert mcnemar(5, 0) == pytest.approx(2 / 2**5)
    assert mcnemar(6, 0) == pytest.approx(2 / 2**6)
    assert mcnemar(6, 0) < 0.05 < mcnemar(5, 0)


def test_where_nothing_differs_there_is_no_evidence() -> None:
    assert mcnemar(0, 0) == 1
