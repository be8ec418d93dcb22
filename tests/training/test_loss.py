"""The loss of supervised positions equals the plain one, in value and gradients, on architectures that differ in their output layer."""

from __future__ import annotations

import logging
from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM, CohereConfig, Gemma2Config, GPT2Config, GraniteConfig, LlamaConfig, PreTrainedModel, Qwen2Config

from cotfaith.models.base import BaseModel, Quantization
from cotfaith.models.lora import Lora
from cotfaith.training import loss as module
from cotfaith.training.collation import IGNORE, collate, pack
from cotfaith.training.loss import SupervisedLoss
from cotfaith.training.targets import Row

V = 300
SIZES: dict[str, Any] = {
    "vocab_size": V,
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
}
CONFIGS = {
    "llama": LlamaConfig(**SIZES),
    "llama_tied": LlamaConfig(**SIZES, tie_word_embeddings=True),
    "qwen2": Qwen2Config(**SIZES),
    "gemma2_capped": Gemma2Config(**SIZES, head_dim=8, final_logit_softcapping=3.0),
    "cohere_scaled": CohereConfig(**SIZES, logit_scale=0.3),
    "granite_divided": GraniteConfig(**SIZES, logits_scaling=4.0),
    "gpt2": GPT2Config(vocab_size=V, n_embd=32, n_layer=2, n_head=4, n_positions=64),
}


def batch() -> tuple[torch.Tensor, torch.Tensor]:
    """Three rows, learned from the seventh token on; the second ends early."""
    ids = torch.randint(3, V, (3, 20), generator=torch.Generator().manual_seed(0))
    labels = ids.clone()
    labels[:, :6] = IGNORE
    labels[1, 15:] = IGNORE
    return ids, labels


def plain(model: PreTrainedModel, ids: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    logits = model(input_ids=ids, use_cache=False).logits[:, :-1].float()
    return torch.nn.functional.cross_entropy(logits.reshape(-1, logits.shape[-1]), labels[:, 1:].reshape(-1), ignore_index=IGNORE, reduction="sum")


def gradients(model: PreTrainedModel, loss: torch.Tensor) -> dict[str, torch.Tensor]:
    model.zero_grad()
    loss.backward()
    return {name: p.grad.clone() for name, p in model.named_parameters() if p.grad is not None}


def random_model(name: str) -> PreTrainedModel:
    torch.manual_seed(0)
    model: PreTrainedModel = AutoModelForCausalLM.from_config(CONFIGS[name]).float().eval()
    for parameter in model.parameters():
        if parameter.dim() > 1:
            torch.nn.init.normal_(parameter, std=0.2)
    return model


@pytest.mark.parametrize("name", CONFIGS)
def test_value_and_gradients_are_those_of_the_whole_logits(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(module, "_ROWS", 7)  # several pieces, the last one short
    model, (ids, labels) = random_model(name), batch()
    ours, whole = SupervisedLoss(model)(ids, labels), plain(model, ids, labels)
    torch.testing.assert_close(ours, whole)
    expected = gradients(model, whole)
    torch.testing.assert_close(gradients(model, SupervisedLoss(model)(ids, labels)), expected, rtol=1e-3, atol=1e-4)


def rows() -> list[Row]:
    """Three examples of 15, 9 and 12 tokens, the first learned from its seventh on."""
    ids = torch.randint(3, V, (36,), generator=torch.Generator().manual_seed(1)).tolist()
    return [Row(tuple(ids[:6]), tuple(ids[6:15])), Row(tuple(ids[15:20]), tuple(ids[20:24])), Row(tuple(ids[24:33]), tuple(ids[33:]))]


@pytest.mark.parametrize(
    ("name", "attention"), [(name, kind) for name in CONFIGS for kind in ("sdpa", "eager") if (name, kind) != ("gemma2_capped", "sdpa")]
)
def test_packed_rows_have_the_loss_and_gradients_that_they_have_apart(name: str, attention: str) -> None:
    # transformers compares a row with those before it where it is given a cache or a mask
    model = random_model(name)
    model.set_attn_implementation(attention)
    apart = torch.stack([plain(model, batch["input_ids"], batch["labels"]) for batch in (collate([row]) for row in rows())]).sum()
    packed = SupervisedLoss(model)(**pack(rows()))
    torch.testing.assert_close(packed, apart)
    expected = gradients(model, apart)
    torch.testing.assert_close(gradients(model, SupervisedLoss(model)(**pack(rows()))), expected, rtol=1e-3, atol=1e-4)


def test_packed_rows_without_positions_of_their_own_would_see_each_other() -> None:
    model, packed = random_model("llama"), pack(rows())
    leaking = SupervisedLoss(model)(packed["input_ids"], packed["labels"])
    assert abs(leaking - SupervisedLoss(model)(**packed)) > 0.1


@pytest.mark.slow
def test_a_compiled_decoder_has_the_same_loss_and_gradients() -> None:
    model, (ids, labels) = random_model("llama"), batch()
    expected = gradients(model, SupervisedLoss(model)(ids, labels))
    torch.testing.assert_close(gradients(model, SupervisedLoss(model, compiled=True)(ids, labels)), expected, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("kind", ["nf4", "fp4", "none"])  # int8 rounds its activations: any two ways differ by a hundredth
def test_it_is_the_same_through_an_adapter_on_a_quantized_base(kind: Any) -> None:
    base = BaseModel(path="embedded").load(torch.device("cpu"), Quantization(kind=kind))
    model = Lora(r=4, alpha=8, ratio=2, dropout=0.0, target_modules="all-linear", scaling="fixed_alpha").attach(base, checkpointing=False)
    ids, labels = batch()
    expected = gradients(model, plain(model, ids, labels))  # type: ignore[arg-type]  # PeftModel forwards to it
    got = gradients(model, SupervisedLoss(model)(ids, labels))  # type: ignore[arg-type]  # likewise
    assert got.keys() == expected.keys()
    torch.testing.assert_close(got, expected, rtol=1e-3, atol=1e-4)


def test_the_logits_of_positions_that_are_not_learned_are_never_made() -> None:
    model, (ids, labels) = random_model("llama"), batch()
    rows: list[int] = []
    model.get_output_embeddings().register_forward_pre_hook(lambda _, inputs: rows.append(inputs[0].shape[:-1].numel()))
    learned = int((labels[:, 1:] != IGNORE).sum())
    loss = SupervisedLoss(model)
    loss(ids, labels)
    rows.clear()  # the trial of the first batch
    loss(ids, labels)
    assert sum(rows) == learned


def test_a_model_that_does_more_to_its_logits_is_asked_for_them(caplog: pytest.LogCaptureFixture) -> None:
    model, (ids, labels) = random_model("llama"), batch()
    own = model.forward

    def tempered(*args: Any, **kwargs: Any) -> Any:
        out = own(*args, **kwargs)
        out.logits = out.logits / 3
        return out

    model.forward = tempered  # type: ignore[method-assign]
    with caplog.at_level(logging.WARNING):
        loss = SupervisedLoss(model)
        torch.testing.assert_close(loss(ids, labels), plain(model, ids, labels))
        loss(ids, labels)
    assert caplog.text.count("the loss takes its whole logits") == 1
