from __future__ import annotations

import math

import numpy as np
import pytest

from cotfaith.analysis.holm import holm


def rejected(p_values: list[float], level: float) -> list[bool]:
    """Holm as he wrote it: from the smallest on, each against the level divided by how many are left, until one fails."""
    out = [False] * len(p_values)
    for rank, place in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        if p_values[place] > level / (len(p_values) - rank):
            break
        out[place] = True
    return out


def test_by_hand() -> None:
    # 4 * 0.005, 3 * 0.011, 2 * 0.02, then 0.04 of the one that is left, which may not be smaller than the one before
    assert holm([0.02, 0.005, 0.04, 0.011]) == pytest.approx([0.04, 0.02, 0.04, 0.033])


@pytest.mark.parametrize("seed", range(5))
def test_what_is_below_the_level_is_what_the_stepwise_procedure_rejects(seed: int) -> None:
    p_values = (np.random.default_rng(seed).random(12) ** 4).tolist()
    assert [p <= 0.05 for p in holm(p_values)] == rejected(p_values, 0.05)


def test_a_test_that_was_not_made_counts_for_nothing() -> None:
    adjusted = holm([0.01, math.nan, 0.02])
    assert (adjusted[0], adjusted[2]) == pytest.approx((0.02, 0.02))
    assert math.isnan(adjusted[1])


def test_it_stays_a_probability() -> None:
    assert holm([0.6, 0.9, 0.7]) == [1.0, 1.0, 1.0]


def test_in_families_without_a_difference_one_in_twenty_has_a_finding() -> None:
    families = np.random.default_rng(0).random((4000, 10))
    false = np.mean([min(holm(family.tolist())) < 0.05 for family in families])
    assert false == pytest.approx(0.05, abs=4 * (0.05 * 0.95 / 4000) ** 0.5)
