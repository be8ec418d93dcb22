"""AUROC against counting pairs by hand."""

from __future__ import annotations

import math
from itertools import product
from random import Random

import pytest

from cotfaith.analysis.separation import auroc


def test_it_is_the_share_of_pairs_in_the_right_order() -> None:
    rng = Random(0)
    lower, higher = [rng.randint(0, 9) / 10 for _ in range(40)], [rng.randint(3, 12) / 10 for _ in range(30)]
    pairs = [1.0 if b > a else 0.5 if b == a else 0.0 for a, b in product(lower, higher)]
    assert auroc(lower, higher) == pytest.approx(sum(pairs) / len(pairs))


def test_the_wrong_order_is_less_than_a_half() -> None:
    assert auroc([0.9, 0.8], [0.1]) == 0.0


@pytest.mark.parametrize(("lower", "higher"), [([], [0.1]), ([0.1], [])])
def test_nothing_to_tell_apart_is_no_data(lower: list[float], higher: list[float]) -> None:
    assert math.isnan(auroc(lower, higher))
