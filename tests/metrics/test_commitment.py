"""Commitment: the cut from which the answer stays."""

from __future__ import annotations

import math

import pytest
import torch

from cotfaith.metrics.commitment import Commitment, settled_at


@pytest.mark.parametrize(
    ("matched", "cut"),
    [
        ([False, False, True], 2),  # only the whole chain gives the answer
        ([True, True, True], 0),  # known without the chain
        ([True, False, True], 2),  # a match that is lost again settles nothing
        ([False, True, True, True], 1),
        ([True, True, False], None),  # not even the whole chain: the control failed
        ([False], None),
    ],
)
def test_the_answer_is_settled_where_it_stays(matched: list[bool], cut: int | None) -> None:
    assert settled_at(matched) == cut


def scores(*batches: list[float]) -> dict[str, float]:
    metric = Commitment()
    for batch in batches:
        metric.update(torch.tensor(batch, dtype=torch.float64))
    return {name: value.item() for name, value in metric.compute().items()}


def test_the_mean_is_over_settled_chains_and_the_others_fail_the_control() -> None:
    assert scores([0.0, 0.5, math.nan, 1.0]) == {"mean": 0.5, "control": 0.75, "n": 4, "settled": 3}


def test_batches_add_up() -> None:
    assert scores([0.25], [math.nan, 0.75]) == scores([0.25, math.nan, 0.75])


def test_without_chains_there_is_no_number() -> None:
    found = scores([])
    assert (found["n"], math.isnan(found["mean"]), math.isnan(found["control"])) == (0, True, True)
