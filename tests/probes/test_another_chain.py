"""Another example's chain: of as many steps, about as long, without a step in common."""

from __future__ import annotations

from random import Random

import pytest

from cotfaith.probes.another_chain import AnotherChain
from cotfaith.types import Unusable

OWN = ("a b\n", "c d\n")
LIKE = ("e f\n", "g h\n")


def drawn(*donors: tuple[str, ...], alpha: float = 0.0) -> set[object]:
    return {AnotherChain(donors).perturb(OWN, alpha, Random(seed)) for seed in range(30)}


def test_steps_are_replaced_by_those_at_their_places() -> None:
    assert drawn(LIKE, alpha=0.5) == {(OWN[0], LIKE[1])}


def test_a_chain_has_one_donor_at_every_alpha() -> None:
    probe = AnotherChain([(f"{place} x\n", f"y {place}\n") for place in range(10)])
    everything, later = (probe.perturb(OWN, alpha, Random(4)) for alpha in (0.0, 0.5))
    assert everything[1] == later[1]  # type: ignore[index]  # both are chains


def test_the_donor_is_drawn_from_those_nearest_in_length() -> None:
    near = {(f"{place} x\n", f"y {place}\n") for place in range(16)}
    assert drawn(*near, ("long " * 20, "longer " * 20)) <= near


def test_a_longer_donor_serves_where_none_has_as_many_steps() -> None:
    assert drawn(("short\n",), (*LIKE, "i\n")) == {LIKE}


@pytest.mark.parametrize("donors", [[("one\n",)], [OWN], [("a b\n", "x\n")]])
def test_a_chain_without_a_donor_that_differs_in_every_step_is_unusable(donors: list[tuple[str, ...]]) -> None:
    assert drawn(*donors) == {Unusable("no donor")}


def test_a_dataset_without_gold_chains_is_refused() -> None:
    with pytest.raises(ValueError, match="probe.filler_another: expected gold chains in the training split"):
        AnotherChain([])
