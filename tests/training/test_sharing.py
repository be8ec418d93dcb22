"""Evaluations of the base, shared: a second run asks the model nothing, and another question is another key."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from transformers import PreTrainedModel

from cotfaith.datasets.arithmetic import Arithmetic
from cotfaith.engine.evaluation import Evaluation
from cotfaith.engine.shelf import Shelf
from cotfaith.text.encoding import Encoder
from cotfaith.training.sharing import SharedBase
from cotfaith.types import Example, Split

EXAMPLES = list(Arithmetic(train_size=1, val_size=1, test_size=3, seed=1, max_steps=2).load("test"))
Load = Callable[[str], PreTrainedModel]


class Asked:
    """Counts how often the model had to be asked."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> Evaluation:
        self.times += 1
        return Evaluation([], [], {})


Run = tuple[dict[str, object], PreTrainedModel, Sequence[Example], Split]


def times_asked(folder: Path, encoder: Encoder, *runs: Run, then: Callable[[], None] = lambda: None) -> int:
    """How often the model is asked when these runs come one after the other, each a process of its own."""
    asked = Asked()
    for facts, model, examples, split in runs:
        SharedBase(Shelf(folder), facts)(model, encoder, examples, split, asked)
        then()
    return asked.times


def test_a_second_run_asks_the_model_nothing(tmp_path: Path, load: Load, encoder: Encoder) -> None:
    assert times_asked(tmp_path, encoder, ({"seed": 0}, load("nf4"), EXAMPLES, "test"), ({"seed": 0}, load("nf4"), EXAMPLES, "test")) == 1


@pytest.mark.parametrize(
    ("facts", "examples", "split"),
    [
        ({"seed": 1}, EXAMPLES, "test"),
        ({"seed": 0}, EXAMPLES, "val"),
        ({"seed": 0}, EXAMPLES[:2], "test"),  # another batch
        ({"seed": 0}, EXAMPLES[::-1], "test"),  # another layout
        ({"seed": 0}, [replace(EXAMPLES[0], answer="7"), *EXAMPLES[1:]], "test"),  # the same prompts, another gold answer
    ],
)
def test_another_question_is_asked(
    tmp_path: Path, load: Load, encoder: Encoder, facts: dict[str, object], examples: list[Example], split: Split
) -> None:
    model = load("nf4")
    assert times_asked(tmp_path, encoder, ({"seed": 0}, model, EXAMPLES, "test"), (facts, model, examples, split)) == 2


def test_other_weights_are_asked(tmp_path: Path, load: Load, encoder: Encoder) -> None:
    model, other = load("nf4"), load("nf4")
    other.model.norm.weight.data[0] += 1e-3
    assert times_asked(tmp_path, encoder, ({}, model, EXAMPLES, "test"), ({}, other, EXAMPLES, "test"), ({}, load("fp4"), EXAMPLES, "test")) == 3


def test_another_architecture_over_the_same_weights_is_asked(tmp_path: Path, load: Load, encoder: Encoder) -> None:
    model, other = load("none"), load("none")
    other.config.rms_norm_eps = 1e-3
    assert times_asked(tmp_path, encoder, ({}, model, EXAMPLES, "test"), ({}, other, EXAMPLES, "test")) == 2


def test_another_wording_is_asked(tmp_path: Path, load: Load, encoder: Encoder) -> None:
    model, asked = load("nf4"), Asked()
    for each in (encoder, replace(encoder, prompts=replace(encoder.prompts, cot=encoder.prompts.cot + " Now."))):
        SharedBase(Shelf(tmp_path), {})(model, each, EXAMPLES, "test", asked)
    assert asked.times == 2


def test_another_number_of_threads_is_another_rounding(tmp_path: Path, load: Load, encoder: Encoder) -> None:
    threads = torch.get_num_threads()
    run: Run = ({}, load("nf4"), EXAMPLES, "test")
    try:
        asked = times_asked(tmp_path, encoder, run, run, then=lambda: torch.set_num_threads(threads + 1))
    finally:
        torch.set_num_threads(threads)
    assert asked == 2
