"""Forced choice: the likeliest letter, refused where the letters hold next to nothing."""

from __future__ import annotations

import math

import pytest
import torch

from cotfaith.metrics.choices import ForcedChoice, forced, forced_letter, option_mass
from cotfaith.types import Example, Reading


def reading(*probabilities: float) -> Reading:
    return Reading("u", "direct", 1.0, 0, 0, (), None, "missing", "", "0" * 16, tuple(math.log(p) for p in probabilities))


TWO = Example("u", "?", "B", choices=("x", "y"))


def scores(readings: list[Reading], examples: list[Example], least_mass: float = 0.1) -> dict[str, float]:
    metric = ForcedChoice(least_mass)
    metric.update(*forced(readings, examples))
    return {name: value.item() for name, value in metric.compute().items()}


def test_the_likeliest_letter_is_the_answer_and_the_mass_is_a_mean() -> None:
    assert scores([reading(0.1, 0.7), reading(0.3, 0.1)], [TWO, TWO]) == pytest.approx({"forced_accuracy": 0.5, "option_mass": 0.6})


def test_a_tiny_mass_refuses_the_accuracy_and_is_shown() -> None:
    got = scores([reading(0.01, 0.02)], [TWO])
    assert math.isnan(got["forced_accuracy"])
    assert got["option_mass"] == pytest.approx(0.03)


def test_questions_without_choices_give_no_data() -> None:
    assert all(math.isnan(value) for value in scores([reading()], [Example("u", "?", "3")]).values())


def test_the_first_of_equal_letters_is_taken() -> None:
    assert forced_letter([-1.0, -1.0]) == "A"


def test_the_mass_is_the_sum_of_the_probabilities() -> None:
    assert option_mass([math.log(0.25), math.log(0.5)]) == pytest.approx(0.75)


@pytest.mark.parametrize("least", [-0.1, 1.1])
def test_a_least_mass_that_is_no_fraction_is_refused(least: float) -> None:
    with pytest.raises(ValueError, match="least_option_mass: expected a fraction"):
        ForcedChoice(least)


def test_batches_add_up() -> None:
    metric = ForcedChoice(0.0)
    metric.update(torch.tensor([True]), torch.tensor([0.5], dtype=torch.float64))
    metric.update(torch.tensor([False]), torch.tensor([1.0], dtype=torch.float64))
    assert metric.compute()["forced_accuracy"] == 0.5
    assert metric.compute()["option_mass"] == 0.75
