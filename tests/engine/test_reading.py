from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from transformers import PreTrainedModel

from cotfaith.engine.attention import evaluating, objection
from cotfaith.engine.context import UNBOUNDED
from cotfaith.engine.meter import Meter
from cotfaith.engine.reading import Answer, TreeReader
from cotfaith.engine.trees import Row, grow
from cotfaith.models.lora import Lora
from tests.engine.tiny import EXACT, build, greedy, logprobs, question

STOPS = (2, *range(50, 60))
WATCHED = (10, 11)


def read(model: PreTrainedModel, questions: list[list[Row]], *, limit: int = 4, tails: int = 16, meter: Meter | None = None) -> dict[Row, Answer]:
    reader = TreeReader(model, stops=STOPS, limit=limit, watched=WATCHED, meter=meter or Meter(), context=UNBOUNDED)
    with evaluating(model):
        answers = reader([grow(rows) for rows in questions], tails)
    return {row: answer for rows, own in zip(questions, answers, strict=True) for row, answer in zip(rows, own, strict=True)}


@pytest.mark.parametrize("kind", EXACT)
def test_packed_reading_is_reading_one_row_at_a_time(kind: str) -> None:
    model = build(kind)
    assert objection(model) is None
    answers = read(model, [question(0), question(1, prompt=21)])
    assert {row: answer.ids for row, answer in answers.items()} == {row: greedy(model, row, 4, STOPS) for row in answers}
    for row, answer in answers.items():
        torch.testing.assert_close(answer.logprobs, logprobs(model, row)[list(WATCHED)], atol=1e-4, rtol=0)


@pytest.mark.parametrize("tails", [1, 7, 10_000])
def test_the_tail_budget_changes_no_answer(tails: int) -> None:
    model, rows = build("llama"), question(2)
    assert {row: answer.ids for row, answer in read(model, [rows], tails=tails).items()} == {row: greedy(model, row, 4, STOPS) for row in rows}


def test_rows_that_share_nothing_and_single_rows_are_read() -> None:
    model, questions = build("gpt2"), [[(5, 6, 7), (8, 9)], [(11,)]]
    assert {row: answer.ids for row, answer in read(model, questions).items()} == {r: greedy(model, r, 4, STOPS) for q in questions for r in q}


@pytest.mark.parametrize("probes", [slice(1, None), slice(1, None, 3)])
def test_equal_questions_cost_the_least_possible_tokens(probes: slice) -> None:
    model, meter = build("llama"), Meter()
    questions = [question(seed)[probes] for seed in range(4)]
    answers = read(model, questions, meter=meter, limit=1, tails=128)
    further = sum(len(answer.ids) - 1 for answer in answers.values())
    assert meter.costs["read"].tokens <= 1.02 * (sum(grow(rows).tokens for rows in questions) + further)


def test_a_further_token_is_run_once_for_each_unfinished_answer() -> None:
    model, rows = build("llama"), question(3)
    one, more = Meter(), Meter()
    read(model, [rows], limit=1, meter=one)
    answers = read(model, [rows], limit=4, meter=more)
    assert more.costs["read"].tokens - one.costs["read"].tokens == sum(len(answer.ids) - 1 for answer in answers.values())


@pytest.mark.parametrize("arm", ["base", "tuned"])
def test_both_arms_of_a_4_bit_model_with_an_adapter_are_read_exactly(load: Callable[[str], PreTrainedModel], arm: str) -> None:
    lora = Lora(r=4, alpha=64, ratio=2, dropout=0.0, target_modules="all-linear", scaling="fixed_alpha")
    model = lora.attach(load("nf4"), checkpointing=False)
    for name, parameter in model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(parameter, generator=torch.Generator().manual_seed(0))
    model.eval()
    rows = question(4)
    if arm == "base":
        with model.disable_adapter():
            answers, expected = read(model, [rows]), [greedy(model, row, 4, STOPS) for row in rows]
    else:
        answers, expected = read(model, [rows]), [greedy(model, row, 4, STOPS) for row in rows]
    assert [answers[row].ids for row in rows] == expected


def test_a_bfloat16_model_agrees_up_to_its_rounding() -> None:
    model: PreTrainedModel = build("llama").to(torch.bfloat16)
    for row, answer in read(model, [question(5)]).items():
        torch.testing.assert_close(answer.logprobs, logprobs(model, row).float()[list(WATCHED)], atol=0.5, rtol=0)
