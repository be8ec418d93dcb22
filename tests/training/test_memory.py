"""What training will take is known before anything is loaded, and is what it then takes."""

from __future__ import annotations

import json
import logging
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import LlamaConfig

from cotfaith.models import build
from cotfaith.models.base import BaseModel, Kind, Quantization
from cotfaith.models.full import FullTuning
from cotfaith.models.lora import Lora
from cotfaith.training import memory
from cotfaith.training.memory import Fitting, Recompute, estimate
from cotfaith.training.optimizers import adamw

CPU = torch.device("cpu")
LORA = Lora(r=16, alpha=32, ratio=2, dropout=0.0, target_modules="all-linear", scaling="fixed_alpha")
EMBEDDED = BaseModel(path="embedded")
GIB = 2**30


def fits(base: BaseModel = EMBEDDED, tuning: Any = LORA, kind: Kind = "nf4", tokens: int = 1000, recompute: Recompute = "auto") -> Fitting:
    return Fitting(base, tuning, kind, partial(adamw, lr=1e-3, betas=(0.9, 0.999), weight_decay=0.0, bits=32), lambda: tokens, recompute)


def machine(monkeypatch: pytest.MonkeyPatch, *, free: float, total: float) -> None:
    """A device with so many GiB."""
    monkeypatch.setattr(memory, "free_bytes", lambda _: int(free * GIB))
    monkeypatch.setattr(memory, "total_bytes", lambda _: int(total * GIB))


@pytest.fixture
def llama_8b(tmp_path: Path) -> BaseModel:
    """The configuration of Llama 3 8B; there are no weights beside it."""
    sizes = {"vocab_size": 128_256, "hidden_size": 4096, "intermediate_size": 14_336, "num_hidden_layers": 32}
    config = LlamaConfig(**sizes, num_attention_heads=32, num_key_value_heads=8, architectures=["LlamaForCausalLM"])
    (tmp_path / "config.json").write_text(json.dumps(config.to_dict()))
    return BaseModel(path=str(tmp_path), dtype="float32")


@pytest.mark.parametrize(("kind", "tuning"), [("nf4", LORA), ("none", LORA), ("none", FullTuning())])
def test_the_estimate_is_what_the_loaded_model_holds(kind: Kind, tuning: Any) -> None:
    expected = estimate(EMBEDDED.outline(CPU), tuning, kind, state_bytes=8, tokens=1)
    model = tuning.attach(EMBEDDED.load(CPU, Quantization(kind=kind)), checkpointing=False)
    trained = 4 * build.footprint(model).trainable
    assert (expected.trained, expected.gradients, expected.states) == (trained, trained, 2 * trained)
    assert expected.frozen == pytest.approx(build.footprint(model).weight_bytes - trained, rel=0.07)  # which leaves out the scales of 4-bit blocks


def test_activations_are_those_that_the_backward_pass_keeps() -> None:
    model = FullTuning().attach(EMBEDDED.load(CPU, Quantization(kind="none")), checkpointing=False).train()
    weights = {weight.untyped_storage().data_ptr() for weight in model.parameters()}
    kept: dict[int, torch.Tensor] = {}  # by storage, which lives as long as its tensor is in here
    with torch.autograd.graph.saved_tensors_hooks(lambda x: kept.setdefault(x.untyped_storage().data_ptr(), x), lambda x: x):
        model.get_base_model().model(input_ids=torch.full((8, 100), 7), use_cache=False)
    bytes_kept = sum(tensor.untyped_storage().nbytes() for place, tensor in kept.items() if place not in weights)
    expected = estimate(EMBEDDED.outline(CPU), LORA, "none", state_bytes=8, tokens=800)
    assert expected.activations == pytest.approx(bytes_kept, rel=0.1)


def test_full_tuning_of_8b_is_refused_with_the_arithmetic_before_weights_are_looked_for(monkeypatch: pytest.MonkeyPatch, llama_8b: BaseModel) -> None:
    machine(monkeypatch, free=80, total=80)
    # 8,030,261,248 weights of 4 bytes: 29.9 GiB; the base, its trained copy, gradients, two moments
    with pytest.raises(
        ValueError, match=r"frozen weights 29\.9 \+ trained weights 29\.9 \+ gradients 29\.9 \+ optimizer 59\.8 = 149\.6 GiB.*80\.0 GiB"
    ):
        fits(llama_8b, FullTuning(), "none")(CPU)


def test_qlora_of_8b_fits_where_full_tuning_does_not(monkeypatch: pytest.MonkeyPatch, llama_8b: BaseModel) -> None:
    machine(monkeypatch, free=24, total=24)
    assert fits(llama_8b, LORA, "nf4", tokens=16 * 1024)(CPU)


@pytest.mark.parametrize(("free", "expected"), [(1.0, False), (0.1, True)])
def test_activations_are_recomputed_where_they_would_not_fit(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, free: float, expected: bool
) -> None:
    # 4 layers x 4 bytes x (8 x 128 + 2 x 128 + 4 x 512) x 5,000 tokens: 0.25 GiB
    machine(monkeypatch, free=free, total=8)
    with caplog.at_level(logging.INFO):
        assert fits(tokens=5000)(CPU) is expected
    assert f"gradient checkpointing {'on' if expected else 'off'}: activations take about 0.2 GiB, {free:.1f} GiB are free" in caplog.text


@pytest.mark.parametrize("asked", [True, False])
def test_what_is_asked_for_is_done_whatever_is_free(monkeypatch: pytest.MonkeyPatch, asked: bool) -> None:
    machine(monkeypatch, free=0.1 if not asked else 8, total=8)
    assert fits(recompute=asked, tokens=10**6)(CPU) is asked


def test_another_wish_is_refused() -> None:
    with pytest.raises(ValueError, match="gradient_checkpointing: expected auto, true or false, got 'often'"):
        fits(recompute="often")  # type: ignore[arg-type]
