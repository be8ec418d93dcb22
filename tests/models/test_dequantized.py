from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from bitsandbytes.nn import Linear4bit
from torch import Tensor
from transformers import PreTrainedModel

from cotfaith.models.dequantized import dequantized
from cotfaith.models.lora import Lora

IDS = torch.arange(10, 40)[None]


def trained(load: Callable[[str], PreTrainedModel]) -> PreTrainedModel:
    """The embedded model in NF4 with an adapter that does something."""
    lora = Lora(r=4, alpha=64, ratio=2, dropout=0.0, target_modules="all-linear", scaling="fixed_alpha")
    model = lora.attach(load("nf4"), checkpointing=False)
    for name, parameter in model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(parameter, std=0.02, generator=torch.Generator().manual_seed(0))
    return model.eval()


def gradients(model: PreTrainedModel) -> dict[str, Tensor]:
    model.train()
    model.zero_grad()
    model(input_ids=IDS, labels=IDS).loss.backward()
    return {name: parameter.grad.clone() for name, parameter in model.named_parameters() if parameter.grad is not None}


def overridden(model: PreTrainedModel) -> list[str]:
    return [name for name, module in model.named_modules() if isinstance(module, Linear4bit) and "forward" in vars(module)]


@pytest.mark.parametrize("kind", ["nf4", "fp4"])
@torch.inference_mode()
def test_logits_are_the_same_bit_for_bit(load: Callable[[str], PreTrainedModel], kind: str) -> None:
    model = load(kind)
    expected = model(input_ids=IDS).logits
    with dequantized(model):
        assert len(overridden(model)) == 4 * 7, "every linear layer of the four blocks"
        assert torch.equal(model(input_ids=IDS).logits, expected)


@torch.inference_mode()
def test_both_arms_are_the_same_bit_for_bit(load: Callable[[str], PreTrainedModel]) -> None:
    model = trained(load)
    tuned = model(input_ids=IDS).logits
    with model.disable_adapter():
        base = model(input_ids=IDS).logits
    with dequantized(model):
        assert torch.equal(model(input_ids=IDS).logits, tuned)
        with model.disable_adapter():
            assert torch.equal(model(input_ids=IDS).logits, base)
    assert not torch.equal(tuned, base)


def test_the_layers_are_put_back_even_after_an_error(load: Callable[[str], PreTrainedModel]) -> None:
    model = load("nf4")
    with pytest.raises(KeyError), dequantized(model):
        raise KeyError
    assert overridden(model) == []


def test_training_goes_on_with_the_same_gradients(load: Callable[[str], PreTrainedModel]) -> None:
    model = trained(load)
    before = gradients(model)
    with torch.inference_mode(), dequantized(model.eval()):
        model(input_ids=IDS)
    after = gradients(model)
    assert before.keys() == after.keys() != set()
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_weights_that_are_not_packed_are_left_alone(load: Callable[[str], PreTrainedModel]) -> None:
    model = load("none")
    with dequantized(model):
        assert not any("forward" in vars(module) for module in model.modules())
