from __future__ import annotations

import pytest
import torch
from peft import PromptTuningConfig, get_peft_model
from transformers import PreTrainedModel

from cotfaith.engine.attention import Visibility, evaluating, objection
from cotfaith.engine.exactness import packs_exactly
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


def test_each_module_gets_its_own_mode_back() -> None:
    model = build("llama").train()
    frozen = model.get_input_embeddings().eval()
    with evaluating(model):
        pass
    assert [module for module in model.modules() if not module.training] == [frozen]


@pytest.mark.parametrize(("kind", "taken"), [("llama", "sdpa"), ("gpt_oss", "eager"), ("gemma2", "eager")])
def test_an_attention_without_our_masks_gives_way_to_one_that_computes_the_same(kind: str, taken: str) -> None:
    model = build(kind)  # sdpa knows neither the sinks of gpt-oss nor the capped scores of gemma 2
    model.config._attn_implementation_internal = "flex_attention"
    with evaluating(model):
        assert model.config._attn_implementation == taken
        assert packs_exactly(model)
    assert model.config._attn_implementation == "flex_attention"


def test_masks_are_made_in_the_precision_of_autocast() -> None:
    model, see = build("llama"), torch.zeros(1, 1, 4, dtype=torch.bool)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        mask = Visibility(model)(see, torch.tensor([[3]]), torch.arange(4)[None])
    assert isinstance(mask, torch.Tensor)
    assert mask.dtype == torch.bfloat16
    assert mask.isfinite().all()
