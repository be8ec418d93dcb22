"""CoT accuracy, the health of the chains, and what chance alone would score."""

from __future__ import annotations

import math

import pytest
import torch

from cotfaith.metrics.rollouts import FACTS, CotAccuracy, chance_accuracy
from cotfaith.types import Example

#                        correct parsed truncated multi_step degenerate steps tokens
FOUR = torch.tensor(
    [
        [1, 1, 0, 1, 0, 4, 30],
        [0, 1, 0, 1, 1, 3, 20],
        [0, 0, 1, 1, 0, 8, 90],
        [0, 1, 0, 0, 0, 1, 10],
    ],
    dtype=torch.float64,
)
EXPECTED = {
    "cot_accuracy": 1 / 4,
    "parsed": 3 / 4,
    "truncated": 1 / 4,
    "multi_step": 3 / 4,
    "degenerate": 1 / 4,
    "mean_steps": 4.0,
    "mean_tokens": 37.5,
    "n": 4,
}


def question(answer: str, choices: tuple[str, ...] = ()) -> Example:
    return Example("uid", "?", answer, choices=choices)


def test_the_columns_above_are_the_facts() -> None:
    assert FACTS == ("correct", "parsed", "truncated", "multi_step", "degenerate", "steps", "tokens")


def test_every_fact_is_averaged_over_all_rollouts() -> None:
    metric = CotAccuracy()
    metric.update(FOUR)
    assert {name: value.item() for name, value in metric.compute().items()} == EXPECTED


def test_batches_add_up() -> None:
    metric = CotAccuracy()
    metric.update(FOUR[:1])
    metric.update(FOUR[1:])
    assert {name: value.item() for name, value in metric.compute().items()} == EXPECTED


def test_processes_add_up() -> None:
    first, second = CotAccuracy(), CotAccuracy()
    first.update(FOUR[:3])
    second.update(FOUR[3:])
    first.merge_state(second)
    assert {name: value.item() for name, value in first.compute().items()} == EXPECTED


@pytest.mark.filterwarnings("ignore:The ``compute`` method")
def test_without_rollouts_there_is_no_number() -> None:
    scores = {name: value.item() for name, value in CotAccuracy().compute().items()}
    assert scores.pop("n") == 0
    assert all(map(math.isnan, scores.values()))


def test_chance_on_free_answers_is_the_commonest_answer() -> None:
    assert chance_accuracy([question("3"), question("4"), question("4"), question("5")]) == 2 / 4


def test_chance_on_choices_is_guessing_where_the_letters_are_balanced() -> None:
    two, four = ("x", "y"), ("w", "x", "y", "z")
    # Guessing: (1/2 + 1/2 + 1/4) / 3 = 5/12, more than one answer of three.
    assert chance_accuracy([question("A", two), question("B", two), question("C", four)]) == pytest.approx(5 / 12)


def test_chance_on_choices_is_the_commonest_letter_where_they_are_not() -> None:
    four = ("w", "x", "y", "z")
    assert chance_accuracy([question("A", four), question("A", four), question("B", four)]) == pytest.approx(2 / 3)


def test_chance_of_nothing_is_no_data() -> None:
    assert math.isnan(chance_accuracy([]))
