from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import binomtest, norm

from cotfaith.analysis.detectable import detectable_mean, detectable_share

USUAL = {"level": 0.05, "power": 0.8}


@pytest.mark.parametrize(("n", "discordant"), [(200, 0.2), (64, 0.5), (200, 0.0)])
def test_mcnemars_test_finds_that_change_four_times_in_five(n: int, discordant: float) -> None:
    change = detectable_share(n, discordant, **USUAL)
    share = max(discordant, change)
    rng = np.random.default_rng(0)
    draws = rng.multinomial(n, [(share + change) / 2, (share - change) / 2, 1 - share], size=4000)
    p_values = {pair: binomtest(pair[0], sum(pair)).pvalue if sum(pair) else 1.0 for pair in {(int(a), int(b)) for a, b, _ in draws}}
    found = np.mean([p_values[int(a), int(b)] <= 0.05 for a, b, _ in draws])
    assert found == pytest.approx(0.8, abs=4 * (0.8 * 0.2 / 4000) ** 0.5)


def test_it_nears_the_formula_for_many_examples() -> None:
    # Connor 1987: n = (z_a sqrt(d) + z_b sqrt(d - change^2))^2 / change^2
    discordant, change = 0.2, detectable_share(4000, 0.2, **USUAL)
    needed = (norm.ppf(0.975) * discordant**0.5 + norm.ppf(0.8) * (discordant - change**2) ** 0.5) ** 2 / change**2
    assert needed == pytest.approx(4000, rel=0.03)


def test_five_examples_can_show_nothing_and_six_almost_everything() -> None:
    assert math.isnan(detectable_share(5, 1.0, **USUAL))
    assert detectable_share(6, 0.0, **USUAL) == pytest.approx(0.8 ** (1 / 6), abs=1e-6)  # all six must change
    assert math.isnan(detectable_share(0, 0.0, **USUAL))


def test_a_mean_by_its_formula() -> None:
    differences = np.tile([0.5, -0.5], 50)
    deviation = 0.5 * math.sqrt(100 / 99)
    assert detectable_mean(differences, **USUAL) == pytest.approx((1.959964 + 0.841621) * deviation / 10, rel=1e-6)


def test_a_spread_of_fewer_than_six_that_differ_is_no_measure() -> None:
    assert math.isnan(detectable_mean(np.array([0.5] * 5 + [0.0] * 95), **USUAL))
    assert not math.isnan(detectable_mean(np.array([0.5] * 6 + [0.0] * 94), **USUAL))
