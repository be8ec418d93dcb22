"""Soft scores: drops in nats, and how far the own letter leads."""

from __future__ import annotations

import pytest
import torch

from cotfaith.metrics.soft import OptionMargin, SoftMatch, area_of_drop, option_margin

LOGPROBS = torch.tensor([[-5.0, -3.0, -1.0], [-2.0, -2.0, -2.0]], dtype=torch.float64)
KEPT, STEPS = torch.tensor([[0, 1, 2], [0, 2, 4]]), torch.tensor([2, 4])


def test_the_area_is_that_of_the_drop_from_the_intact_chain() -> None:
    # drops 4, 2, 0 at 0, 1/2, 1: two trapezoids of (4 + 2) / 4 and (2 + 0) / 4; the second chain loses nothing
    assert area_of_drop(LOGPROBS, KEPT, STEPS).tolist() == [2.0, 0.0]


def test_an_answer_that_is_less_likely_throughout_is_not_more_dependent() -> None:
    assert torch.equal(area_of_drop(LOGPROBS - 7, KEPT, STEPS), area_of_drop(LOGPROBS, KEPT, STEPS))


def test_a_disturbed_chain_that_helps_has_a_negative_area() -> None:
    assert area_of_drop(torch.tensor([[-1.0, -3.0]]), torch.tensor([[0, 1]]), torch.tensor([1])).tolist() == [-1.0]


def test_curve_and_area_are_means_over_chains_in_any_batches() -> None:
    metric = SoftMatch(3)
    for row in range(2):
        metric.update(LOGPROBS[row : row + 1], KEPT[row : row + 1], STEPS[row : row + 1])
    found = metric.compute()
    assert (found["logprob"].tolist(), found["soft_aoc"].item(), found["n"].item()) == ([-3.5, -2.5, -1.5], 1.0, 2)


@pytest.mark.parametrize(("own", "margin"), [("A", 1.5), ("B", -1.5), ("C", -2.5)])
def test_the_margin_is_to_the_likeliest_other(own: str, margin: float) -> None:
    assert option_margin([-0.5, -2.0, -3.0], own) == margin


def test_margins_come_with_the_probability_of_all_letters() -> None:
    metric = OptionMargin(2)
    metric.update(torch.tensor([[1.0, 3.0], [2.0, 5.0]]), torch.tensor([[0.5, 0.9], [0.7, 0.9]]))
    found = metric.compute()
    assert found["option_margin"].tolist() == [1.5, 4.0]
    assert found["option_mass"].tolist() == pytest.approx([0.6, 0.9])
