"""The adapter's scale: 0 is the base, 1 the tuned arm, in between neither; and nothing of it stays."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from peft import LoraConfig, PeftModel, get_peft_model
from torch import Tensor
from transformers import PreTrainedModel

from cotfaith.engine.arms import check_scale, switched
from cotfaith.engine.decoding import Decoding
from cotfaith.engine.local import LocalReasoner
from cotfaith.models.lora import Lora
from cotfaith.text.encoding import Encoder
from tests.engine.test_local import EXAMPLES
from tests.engine.tiny import build


def adapted(base: PreTrainedModel) -> PeftModel:
    """A model with an adapter that changes it."""
    lora = Lora(r=4, alpha=8, ratio=2, dropout=0.0, target_modules="all-linear", scaling="rslora")
    model = lora.attach(base, checkpointing=False)
    for name, parameter in model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(parameter, std=0.1, generator=torch.Generator().manual_seed(0))
    return model.eval()


@torch.inference_mode()
def logits(model: PeftModel, arm: str, scale: float = 1.0) -> Tensor:
    with switched(model, arm, scale):  # type: ignore[arg-type]
        return torch.as_tensor(model(input_ids=torch.arange(3, 30)[None]).logits)


@pytest.mark.parametrize("kind", ["nf4", "int8", "none"])
def test_scale_0_is_the_base_and_scale_1_the_tuned_arm_bit_for_bit(load: Callable[[str], PreTrainedModel], kind: str) -> None:
    model = adapted(load(kind))
    assert torch.equal(logits(model, "tuned", 0.0), logits(model, "base"))
    assert torch.equal(logits(model, "tuned", 1.0), model(input_ids=torch.arange(3, 30)[None]).logits)
    assert not torch.equal(logits(model, "base"), logits(model, "tuned"))


@torch.inference_mode()
def test_half_a_scale_halves_the_update_of_a_layer() -> None:
    model = adapted(build("llama"))
    layer = model.get_base_model().model.layers[0].self_attn.q_proj
    x = torch.randn(3, 32, generator=torch.Generator().manual_seed(1))
    base, tuned = layer.base_layer(x), layer(x)
    with switched(model, "tuned", 0.5):
        torch.testing.assert_close(layer(x) - base, (tuned - base) / 2)


def test_afterwards_every_layer_has_its_own_scale_again_whatever_happened() -> None:
    model = adapted(build("llama"))
    scales = [dict(module.scaling) for module in model.modules() if hasattr(module, "lora_A")]
    with pytest.raises(RuntimeError, match="stop"), switched(model, "tuned", 0.3):
        raise RuntimeError("stop")
    assert [dict(module.scaling) for module in model.modules() if hasattr(module, "lora_A")] == scales


@pytest.mark.parametrize("whole", [{"use_dora": True}, {"modules_to_save": ["lm_head"]}, {"bias": "lora_only"}])
def test_an_adapter_that_is_more_than_lora_is_not_scaled(whole: dict[str, object]) -> None:
    model = get_peft_model(build("llama"), LoraConfig(r=2, target_modules=["q_proj"], task_type="CAUSAL_LM", **whole))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=f"found one with {next(iter(whole))}"):
        check_scale(model, "tuned", 0.5)


@pytest.mark.parametrize("arm", ["base", "tuned"])
def test_a_model_without_an_adapter_has_no_scale(arm: str) -> None:
    with pytest.raises(ValueError, match=r"scale=0.5: expected a LoRA adapter to scale, found none"):
        check_scale(build("llama"), arm, 0.5)  # type: ignore[arg-type]


def test_a_reasoner_at_scale_0_writes_what_the_base_writes(load: Callable[[str], PreTrainedModel], encoder: Encoder) -> None:
    model, decoding = adapted(load("nf4")), Decoding(batch_size=8, max_new_tokens=64, answer_tokens=8)
    off, half, base = (LocalReasoner(model, encoder, decoding, arm=a, scale=s) for a, s in (("tuned", 0.0), ("tuned", 0.5), ("base", 1.0)))  # type: ignore[arg-type]
    expected = base.write(EXAMPLES)
    assert off.write(EXAMPLES) == expected
    assert half.write(EXAMPLES) != expected
