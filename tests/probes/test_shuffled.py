"""Shuffled steps: the same words in another order."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest

from cotfaith.probes.shuffled import ShuffledSteps
from cotfaith.types import Unusable

CHAIN = ("One.\n", "Two.\n", "Three.\n", "Four.")


def test_later_steps_change_places_and_line_breaks_do_not() -> None:
    result = ShuffledSteps().perturb(CHAIN, 0.25, Random(0))
    assert not isinstance(result, Unusable)
    assert [step.endswith("\n") for step in result] == [True, True, True, False]
    assert Counter(step.strip() for step in result) == Counter(step.strip() for step in CHAIN)


def test_the_order_depends_on_the_seed() -> None:
    assert len({ShuffledSteps().perturb(CHAIN, 0.0, Random(seed)) for seed in range(20)}) > 5


def test_a_step_that_is_alone_has_its_words_shuffled() -> None:
    result = ShuffledSteps().perturb((*CHAIN[:3], "So it is."), 0.75, Random(0))
    assert not isinstance(result, Unusable)
    assert sorted(result[3].split()) == ["So", "is.", "it"]
    assert result[3] != "So it is."


@pytest.mark.parametrize("chain", [("Four.",), ("no no no\n",)])
def test_a_step_that_has_no_other_order_is_unusable(chain: tuple[str, ...]) -> None:
    assert ShuffledSteps().perturb(chain, 0.0, Random(0)) == Unusable("one word")
