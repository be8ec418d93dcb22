"""How many steps a kept fraction keeps, and which grids of fractions are allowed."""

from __future__ import annotations

import pytest

from cotfaith.probes.kept import check_alphas, steps_kept


@pytest.mark.parametrize(
    ("steps", "alpha", "kept"),
    [
        (0, 0.0, 0),
        (0, 1.0, 0),
        (1, 0.49, 0),
        (1, 0.5, 1),  # floor(0.5 + 0.5): a half is rounded up, not to the even number
        (2, 0.25, 1),
        (2, 0.24, 0),
        (3, 0.5, 2),
        (4, 0.25, 1),
        (5, 0.5, 3),
        (6, 0.25, 2),
        (6, 0.75, 5),
        (8, 0.75, 6),
        (10, 1 / 3, 3),
        (7, 0.0, 0),
        (7, 1.0, 7),
    ],
)
def test_the_kept_steps_are_the_nearest_whole_number_halves_up(steps: int, alpha: float, kept: int) -> None:
    assert steps_kept(steps, alpha) == kept


@pytest.mark.parametrize("alpha", [-0.01, 1.01, float("nan"), float("inf")])
def test_what_is_no_fraction_is_refused(alpha: float) -> None:
    with pytest.raises(ValueError, match=r"alpha: expected a fraction in \[0, 1\], got"):
        steps_kept(3, alpha)


def test_a_grid_comes_back_as_floats() -> None:
    assert check_alphas([0, 0.5, 1]) == (0.0, 0.5, 1.0)


@pytest.mark.parametrize(
    "grid",
    [[], [0], [1], [0.5, 1], [0, 0.5], [0, 0.5, 0.25, 1], [0, 0.5, 0.5, 1], [0, 0.5, 2], [-1, 0, 1], [0, float("nan"), 1]],
    ids=str,
)
def test_a_grid_that_does_not_ascend_from_zero_to_one_is_refused(grid: list[float]) -> None:
    with pytest.raises(ValueError, match="alphas: expected different ascending fractions"):
        check_alphas(grid)
