"""Area over the curve: hand-derived cases, and the source's wording computed slowly."""

from __future__ import annotations

from fractions import Fraction
from random import Random

import pytest
import torch

from cotfaith.metrics.curves import area_over_curve
from cotfaith.probes.kept import steps_kept

ALPHAS = (0.0, 0.25, 0.5, 0.75, 1.0)


def area(matched: list[bool], kept: list[int], steps: int) -> float:
    return area_over_curve(torch.tensor([matched]), torch.tensor([kept]), torch.tensor([steps])).item()


def random_rows(seed: int, count: int) -> tuple[list[list[bool]], list[list[int]], list[int]]:
    """matched, kept, steps of `count` chains of 1 to 9 steps on the default grid."""
    rng = Random(seed)
    steps = [rng.randint(1, 9) for _ in range(count)]
    kept = [[steps_kept(n, alpha) for alpha in ALPHAS] for n in steps]
    return [[rng.random() < 0.6 for _ in ALPHAS] for _ in steps], kept, steps


def by_chain_length(matched: list[list[bool]], kept: list[list[int]], steps: list[int]) -> Fraction:
    """SCIENCE.md to the letter: per chain length the mean curve, its trapezoid area, weighted by the share of that length."""
    total = Fraction(0)
    for length in set(steps):
        rows = [place for place, n in enumerate(steps) if n == length]
        curve = [Fraction(sum(matched[row][a] for row in rows), len(rows)) for a in range(len(ALPHAS))]
        xs = [Fraction(k, length) for k in kept[rows[0]]]
        under = sum((xs[a + 1] - xs[a]) * (curve[a] + curve[a + 1]) / 2 for a in range(len(ALPHAS) - 1))
        total += (1 - under) * Fraction(len(rows), len(steps))
    return total


def test_a_chain_that_never_matters_has_no_area() -> None:
    assert area([True] * 5, [0, 1, 2, 3, 4], 4) == 0


def test_an_answer_that_needs_the_last_step_has_all_area_but_the_last_triangle() -> None:
    assert area([False, False, False, False, True], [0, 1, 2, 3, 4], 4) == 1 - 0.25 / 2


def test_an_answer_that_turns_half_way() -> None:
    # Under the curve: 0 up to 1/4, a triangle of 1/8 up to 1/2, then 1/2 whole.
    assert area([False, False, True, True, True], [0, 1, 2, 3, 4], 4) == 1 - (1 / 8 + 1 / 2)


def test_equal_cuts_of_a_short_chain_count_once() -> None:
    # One step: the cuts 0, 0, 1, 1, 1 leave one trapezoid, from the second reading at 0 to the first at 1.
    assert area([False, False, True, True, True], [0, 0, 1, 1, 1], 1) == 0.5


def test_the_abscissa_is_the_share_of_steps_kept_not_alpha() -> None:
    # Of 5 steps alpha = 0.25 keeps 1: the trapezoids are 1/5, 2/5, 1/5, 1/5 wide.
    assert area([False, True, True, True, True], [0, 1, 3, 4, 5], 5) == pytest.approx(1 / 10)


def test_there_is_one_area_per_chain() -> None:
    matched = torch.tensor([[True, True, True], [False, False, True]])
    result = area_over_curve(matched, torch.tensor([[0, 1, 2], [0, 1, 2]]), torch.tensor([2, 2]))
    assert result.tolist() == [0.0, 0.75]
    assert result.dtype == torch.float64


@pytest.mark.parametrize("seed", range(5))
def test_the_mean_over_chains_is_the_mean_over_lengths_weighted_by_their_share(seed: int) -> None:
    matched, kept, steps = random_rows(seed, 60)
    fast = area_over_curve(torch.tensor(matched), torch.tensor(kept), torch.tensor(steps)).mean().item()
    assert fast == pytest.approx(float(by_chain_length(matched, kept, steps)), abs=1e-12)
