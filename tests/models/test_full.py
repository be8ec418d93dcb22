"""Every weight trains, and the base is there all the same."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from peft import PeftModel
from transformers import PreTrainedModel

from cotfaith.models.build import base_weights, fingerprint, footprint, hash_weights
from cotfaith.models.full import FullTuning
from cotfaith.models.lora import load_adapter

IDS = list(range(10, 40))
Load = Callable[[str], PreTrainedModel]


def moved(model: PeftModel) -> PeftModel:
    """One step on every weight, as if it had been trained."""
    with torch.no_grad():
        for weight in model.parameters():
            weight.add_(0.01 * weight.requires_grad)
    return model


def test_every_weight_trains_once_though_input_and_output_layer_share_theirs(load: Load) -> None:
    bare = load("none")
    count = sum(weight.numel() for weight in bare.parameters())
    cost = footprint(FullTuning().attach(bare, checkpointing=False))  # type: ignore[arg-type]  # PeftModel forwards to it
    assert (cost.trainable, cost.parameters) == (count, count)


def test_at_first_it_is_the_base(load: Load) -> None:
    before = fingerprint(load("none"), IDS)
    assert torch.equal(fingerprint(FullTuning().attach(load("none"), checkpointing=False), IDS), before)  # type: ignore[arg-type]


def test_the_base_is_there_after_every_weight_has_moved(load: Load) -> None:
    model = moved(FullTuning().attach(load("none"), checkpointing=False))
    assert hash_weights(base_weights(model)) == hash_weights(base_weights(load("none")))  # type: ignore[arg-type]
    with model.disable_adapter():
        assert torch.equal(fingerprint(model, IDS), fingerprint(load("none"), IDS))  # type: ignore[arg-type]


def test_what_is_saved_gives_the_trained_model_on_its_base_and_alone(load: Load, tmp_path: Path) -> None:
    model = moved(FullTuning().attach(load("none"), checkpointing=False))
    model.save_pretrained(str(tmp_path), save_embedding_layers=False)
    again = load_adapter(load("none"), tmp_path)
    trained = fingerprint(model, IDS)  # type: ignore[arg-type]
    assert torch.equal(fingerprint(again, IDS), trained)  # type: ignore[arg-type]
    assert torch.equal(fingerprint(again.merge_and_unload(), IDS), trained)


def test_a_quantized_base_cannot_take_whole_weights(load: Load, tmp_path: Path) -> None:
    FullTuning().attach(load("none"), checkpointing=False).save_pretrained(str(tmp_path), save_embedding_layers=False)
    with pytest.raises(ValueError, match="holds whole weights .* expected quantization=none"):
        load_adapter(load("nf4"), tmp_path)


@pytest.mark.parametrize("cast", [lambda load: load("nf4"), lambda load: load("none").bfloat16()])
def test_weights_that_cannot_take_small_steps_are_not_trained(load: Load, cast: Callable[[Load], PreTrainedModel]) -> None:
    with pytest.raises(ValueError, match=r"lora=none trains the weights themselves.*expected quantization=none model\.dtype=float32"):
        FullTuning().attach(cast(load), checkpointing=False)
