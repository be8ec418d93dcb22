from __future__ import annotations

import pytest
import torch
from peft import PromptTuningConfig, get_peft_model
from transformers import PreTrainedModel

from cotfaith.engine.attention import Visibility, evaluating, objection
from tests.engine.tiny import EXACT, NOT_PACKED, build

WHY = {"falcon_alibi": "ALiBi", "bloom": "a forward without", "mamba": "a forward without", "dynamic_rope": "dynamic rotary"}


@pytest.mark.parametrize("kind", NOT_PACKED)
def test_a_model_that_cannot_be_packed_is_known_by_its_configuration(kind: str) -> None:
    assert (objection(build(kind)) or "").startswith(WHY[kind])


@pytest.mark.parametrize("kind", EXACT)
def test_nothing_is_said_against_models_that_pack(kind: str) -> None:
    assert objection(build(kind)) is None


def test_prompt_learning_is_an_objection() -> None:
    model = get_peft_model(build("llama"), PromptTuningConfig(task_type="CAUSAL_LM", num_virtual_tokens=2))
    assert objection(model) == "a prompt-learning adapter"


def test_a_sliding_layer_sees_by_true_position() -> None:
    see = torch.ones(1, 1, 4, dtype=torch.bool)
    masks = Visibility(build("gemma2"))(see, torch.tensor([[20]]), torch.tensor([[0, 8, 9, 20]]))  # the window is 12: from 9 on
    assert isinstance(masks, dict)
    assert (masks["sliding_attention"][0, 0, 0] == 0).tolist() == [False, False, True, True]
    assert (masks["full_attention"][0, 0, 0] == 0).tolist() == [True] * 4


def fail_inside(model: PreTrainedModel) -> None:
    with evaluating(model):
        assert state(model) == ("sdpa", False, False)
        raise KeyError


def state(model: PreTrainedModel) -> tuple[object, bool, bool]:
    return model.config._attn_implementation, model.training, torch.is_grad_enabled()


def test_the_attention_and_the_mode_of_a_model_are_put_back_even_after_an_error() -> None:
    model = build("llama").train()
    model.set_attn_implementation("flex_attention")
    with pytest.raises(KeyError):
        fail_inside(model)
    assert state(model) == ("flex_attention", True, True)
