from __future__ import annotations

import pytest

from cotfaith.analysis.proportions import wilson


@pytest.mark.parametrize(("right", "n"), [(0, 20), (7, 20), (169, 200), (200, 200)])
def test_the_ends_are_the_shares_that_lie_just_as_far_as_is_believable(right: int, n: int) -> None:
    z = 1.959963984540054
    for end in wilson(right / n, n, confidence=0.95):
        assert abs(right / n - end) == pytest.approx(z * (end * (1 - end) / n) ** 0.5, abs=1e-9)
