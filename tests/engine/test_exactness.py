from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch
from transformers import LlamaForCausalLM

from cotfaith.engine.attention import evaluating, objection
from cotfaith.engine.context import UNBOUNDED
from cotfaith.engine.exactness import disagreement, packs_exactly, rounding
from cotfaith.engine.meter import Meter
from cotfaith.engine.reading import Answer, TreeReader
from cotfaith.engine.trees import Tree, grow
from tests.engine.tiny import EXACT, build, question


class Blind(LlamaForCausalLM):
    """Sees every token before it, whatever the mask says."""

    def forward(self, input_ids: Any, attention_mask: Any = None, position_ids: Any = None, past_key_values: Any = None, logits_to_keep: Any = 0, **kwargs: Any) -> Any:  # fmt: skip # noqa: E501
        return super().forward(input_ids, None, position_ids, past_key_values, logits_to_keep=logits_to_keep, **kwargs)


class Lost(LlamaForCausalLM):
    """Counts its positions itself, whatever it is told."""

    def forward(self, input_ids: Any, attention_mask: Any = None, position_ids: Any = None, past_key_values: Any = None, logits_to_keep: Any = 0, **kwargs: Any) -> Any:  # fmt: skip # noqa: E501
        return super().forward(input_ids, attention_mask, None, past_key_values, logits_to_keep=logits_to_keep, **kwargs)


class Refusing(LlamaForCausalLM):
    """Takes masks of two dimensions only."""

    def forward(self, input_ids: Any, attention_mask: Any = None, position_ids: Any = None, past_key_values: Any = None, logits_to_keep: Any = 0, **kwargs: Any) -> Any:  # fmt: skip # noqa: E501
        if attention_mask is not None and attention_mask.dim() != 2:
            raise ValueError("a mask of two dimensions, please")
        return super().forward(input_ids, attention_mask, position_ids, past_key_values, logits_to_keep=logits_to_keep, **kwargs)


def broken(kind: type[LlamaForCausalLM]) -> LlamaForCausalLM:
    model = kind(build("llama").config).eval()
    model.load_state_dict(build("llama").state_dict())
    return model


def answered() -> tuple[LlamaForCausalLM, Tree, list[Answer]]:
    model, tree = build("llama"), grow(question(0))
    with evaluating(model):
        answers = TreeReader(model, stops=(), limit=3, context=UNBOUNDED, watched=[4, 5], meter=Meter())([tree], 32)[0]
    assert isinstance(model, LlamaForCausalLM)
    return model, tree, answers


@pytest.mark.parametrize("kind", EXACT)
def test_models_that_pack_pass_the_trial(kind: str) -> None:
    model = build(kind)
    with evaluating(model):
        assert packs_exactly(model)


@pytest.mark.parametrize("kind", [Blind, Lost, Refusing])
def test_a_model_that_packs_wrongly_is_found_though_its_configuration_says_nothing(kind: type[LlamaForCausalLM]) -> None:
    model = broken(kind)
    assert objection(model) is None
    with evaluating(model):
        assert not packs_exactly(model)


@torch.inference_mode()
def test_exact_answers_disagree_by_rounding_only() -> None:
    model, tree, answers = answered()
    assert disagreement(model, tree, answers, [4, 5]) < 1e-4


@torch.inference_mode()
def test_a_log_probability_that_is_off_is_the_disagreement() -> None:
    model, tree, answers = answered()
    off = replace(answers[3], logprobs=answers[3].logprobs + torch.tensor([0.0, 0.7]))
    assert disagreement(model, tree, [*answers[:3], off, *answers[4:]], [4, 5]) == pytest.approx(0.7, abs=1e-4)


@torch.inference_mode()
def test_a_written_token_that_plain_reading_would_not_write_is_a_disagreement() -> None:
    model, tree, answers = answered()
    ids = answers[2].ids
    other = replace(answers[2], ids=(*ids[:2], (ids[2] + 1) % 120))
    assert disagreement(model, tree, [*answers[:2], other, *answers[3:]], [4, 5]) > rounding(model)


def test_rounding_is_larger_in_half_precision() -> None:
    assert rounding(build("llama")) < rounding(build("llama").to(torch.bfloat16))


def test_what_is_no_number_agrees_with_nothing() -> None:
    model, tree, answers = answered()
    lost = [replace(answer, logprobs=answer.logprobs * torch.nan) for answer in answers]
    with evaluating(model):
        assert disagreement(model, tree, lost, [4, 5]) == torch.inf


def test_a_device_that_is_full_says_nothing_of_the_model(monkeypatch: pytest.MonkeyPatch) -> None:
    model = build("llama")

    def full(*_: Any, **__: Any) -> Any:
        raise torch.OutOfMemoryError("full")

    monkeypatch.setattr(model, "forward", full)
    with evaluating(model), pytest.raises(torch.OutOfMemoryError):
        packs_exactly(model)


def test_under_autocast_rounding_is_that_of_half_precision() -> None:
    model = build("llama")
    exact = rounding(model)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert rounding(model) > exact
