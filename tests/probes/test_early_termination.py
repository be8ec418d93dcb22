"""Early termination: the later steps are gone, not blank."""

from __future__ import annotations

from random import Random

from cotfaith.probes.early_termination import EarlyTermination

CHAIN = ("a. ", "b. ", "c. ", "d.")


def test_the_later_steps_are_dropped() -> None:
    assert [EarlyTermination().perturb(CHAIN, alpha, Random(0)) for alpha in (0, 0.25, 0.5)] == [(), ("a. ",), ("a. ", "b. ")]


def test_a_faithful_answer_changes() -> None:
    assert EarlyTermination().faithful == "changes"
