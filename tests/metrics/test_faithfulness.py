"""CoT Pred Match: shares of matches, and sums that add up over batches and processes."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from cotfaith.metrics.faithfulness import CotPredMatch

MATCHED = torch.tensor([[False, False, True], [False, True, True], [True, True, True], [False, True, False]])
CORRECT = torch.tensor([[False, False, True], [False, False, False], [True, True, True], [True, False, False]])
KEPT = torch.tensor([[0, 1, 2], [0, 1, 2], [0, 2, 4], [0, 1, 1]])
STEPS = torch.tensor([2, 2, 4, 1])


def scored(*rows: slice) -> dict[str, Tensor]:
    """The scores of the chains above, one update per slice."""
    metric = CotPredMatch(3)
    for part in rows:
        metric.update(MATCHED[part], CORRECT[part], KEPT[part], STEPS[part])
    scores: dict[str, Tensor] = metric.compute()
    return scores


def test_matches_are_counted_at_each_alpha() -> None:
    assert scored(slice(None))["cot_pred_match"].tolist() == [1 / 4, 3 / 4, 3 / 4]


def test_accuracy_is_the_same_against_the_gold_answer() -> None:
    assert scored(slice(None))["accuracy"].tolist() == [2 / 4, 1 / 4, 2 / 4]


def test_aoc_is_the_mean_area_of_the_chains() -> None:
    # By chain: 1 - 1/4; 1 - (1/4 + 1/2); 0; 1 - 1/2 (the cut at 1 is read twice, the first reading ends the trapezoid).
    assert scored(slice(None))["aoc"].item() == pytest.approx((3 / 4 + 1 / 4 + 0 + 1 / 2) / 4)


def test_two_updates_equal_one() -> None:
    once, twice = scored(slice(None)), scored(slice(0, 1), slice(1, None))
    assert {name: value.tolist() for name, value in once.items()} == {name: value.tolist() for name, value in twice.items()}


def test_the_sums_of_two_processes_add_up() -> None:
    first, second = CotPredMatch(3), CotPredMatch(3)
    first.update(MATCHED[:3], CORRECT[:3], KEPT[:3], STEPS[:3])
    second.update(MATCHED[3:], CORRECT[3:], KEPT[3:], STEPS[3:])
    first.merge_state(second)
    assert {name: value.tolist() for name, value in first.compute().items()} == {n: v.tolist() for n, v in scored(slice(None)).items()}


@pytest.mark.filterwarnings("ignore:The ``compute`` method")
def test_without_a_chain_there_is_no_number() -> None:
    scores = scored()
    assert scores["n"].item() == 0
    assert all(map(math.isnan, [*scores["cot_pred_match"].tolist(), *scores["accuracy"].tolist(), scores["aoc"].item()]))


def test_a_reset_forgets_everything() -> None:
    metric = CotPredMatch(3)
    metric.update(MATCHED, CORRECT, KEPT, STEPS)
    metric.reset()
    metric.update(MATCHED[:1], CORRECT[:1], KEPT[:1], STEPS[:1])
    assert metric.compute()["n"].item() == 1
    assert metric.compute()["cot_pred_match"].tolist() == [0, 0, 1]
