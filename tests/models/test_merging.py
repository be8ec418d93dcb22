"""What is exported is the model that was measured: PITFALLS 11, the base as its quantised weights are, not as it was before."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM

from cotfaith.engine.parity import next_logits, parity
from cotfaith.models.base import BaseModel, Kind, Quantization
from cotfaith.models.lora import Lora, load_adapter
from cotfaith.models.merging import merge

BASE, CPU = BaseModel(path="embedded"), torch.device("cpu")
PROMPT, WRITTEN = tuple(range(20, 30)), tuple(range(30, 70))


def adapter(folder: Path, kind: Kind) -> Path:
    """An adapter that changes the base."""
    lora = Lora(r=4, alpha=8, ratio=2, dropout=0.0, target_modules="all-linear", scaling="fixed_alpha")
    model = lora.attach(BASE.load(CPU, Quantization(kind=kind)), checkpointing=False)
    generator = torch.Generator().manual_seed(0)
    for name, parameter in model.named_parameters():
        if "lora_B" in name:
            parameter.data.normal_(std=0.02, generator=generator)
    model.save_pretrained(folder, save_embedding_layers=False)
    return folder


def measured(folder: Path, kind: Kind) -> torch.Tensor:
    return next_logits(load_adapter(BASE.load(CPU, Quantization(kind=kind)), folder).eval(), PROMPT, WRITTEN)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", ["nf4", "fp4", "none"])
def test_a_merged_model_is_the_measured_one_loaded_by_plain_transformers(tmp_path: Path, kind: Kind) -> None:
    folder = adapter(tmp_path / "adapter", kind)
    merge(BASE, Quantization(kind=kind), folder, CPU, torch.float32).save_pretrained(tmp_path / "merged")
    plain = AutoModelForCausalLM.from_pretrained(tmp_path / "merged")
    apart = parity([measured(folder, kind)], [next_logits(plain, PROMPT, WRITTEN)])
    assert apart.kl < 1e-6
    assert apart.likeliest == 1


def test_merging_into_the_full_precision_base_is_another_model(tmp_path: Path) -> None:
    folder = adapter(tmp_path, "nf4")
    first = measured(folder, "nf4")
    ours = next_logits(merge(BASE, Quantization(kind="nf4"), folder, CPU, torch.float32), PROMPT, WRITTEN)
    naive = next_logits(merge(BASE, Quantization(kind="none"), folder, CPU, torch.float32), PROMPT, WRITTEN)
    assert parity([first], [naive]).kl > 1000 * parity([first], [ours]).kl


def test_weights_saved_in_bfloat16_are_loaded_as_they_were_merged(tmp_path: Path) -> None:
    merged = merge(BASE, Quantization(kind="nf4"), adapter(tmp_path / "adapter", "nf4"), CPU, torch.bfloat16)
    merged.save_pretrained(tmp_path / "merged")
    plain = AutoModelForCausalLM.from_pretrained(tmp_path / "merged", dtype="auto")
    assert plain.dtype == torch.bfloat16
    assert torch.equal(next_logits(merged, PROMPT, WRITTEN), next_logits(plain, PROMPT, WRITTEN))


def test_int8_is_refused_because_it_rounds_activations() -> None:
    with pytest.raises(ValueError, match="quantization=int8 rounds activations too"):
        merge(BASE, Quantization(kind="int8"), Path("nowhere"), CPU, torch.float32)
