from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import PreTrainedModel

from cotfaith.models.build import fingerprint, footprint
from cotfaith.models.lora import Lora, load_adapter

IDS = list(range(10, 40))


def lora(**changes: Any) -> Lora:
    return Lora(**{"r": 4, "alpha": 16, "ratio": 2, "dropout": 0.0, "target_modules": ("q_proj",), "scaling": "fixed_alpha", **changes})


@pytest.mark.parametrize(("scaling", "scale"), [("fixed_alpha", 16 / 64), ("fixed_ratio", 2), ("rslora", 16 / 8)])
def test_each_policy_scales_rank_64_as_documented(load: Callable[[str], PreTrainedModel], scaling: str, scale: float) -> None:
    model = lora(r=64, scaling=scaling).attach(load("none"), checkpointing=False)
    assert model.base_model.model.model.layers[0].self_attn.q_proj.scaling["default"] == scale


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"r": 0}, "lora.r: expected a rank of at least 1, got 0"),
        ({"alpha": 0}, "lora.alpha"),
        ({"dropout": 1.0}, "lora.dropout"),
        ({"scaling": "none"}, "lora.scaling"),
        ({"target_modules": ()}, "lora.target_modules"),
    ],
)
def test_bad_settings_are_refused_by_name(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        lora(**changes)


@pytest.mark.parametrize("kind", ["nf4", "none"])
def test_a_fresh_adapter_leaves_the_model_what_the_base_was(load: Callable[[str], PreTrainedModel], kind: str) -> None:
    model = load(kind)
    before = fingerprint(model, IDS)
    assert torch.equal(fingerprint(lora().attach(model, checkpointing=False), IDS), before)


def test_only_the_adapter_trains(load: Callable[[str], PreTrainedModel]) -> None:
    model = lora(r=4, target_modules=("q_proj",)).attach(load("nf4"), checkpointing=False)
    # 4 layers, A is 4 x 128 and B is 128 x 4; all 1.18 M base weights are counted, packed or not
    assert footprint(model).trainable == 4 * 2 * 4 * 128
    assert footprint(model).parameters == footprint(load("none")).parameters + 4 * 2 * 4 * 128


def test_an_adapter_for_layers_that_the_base_lacks_is_refused(load: Callable[[str], PreTrainedModel], tmp_path: Path) -> None:
    lora().attach(load("none"), checkpointing=False).save_pretrained(tmp_path)
    config = json.loads((tmp_path / "adapter_config.json").read_text())
    (tmp_path / "adapter_config.json").write_text(json.dumps({**config, "target_modules": ["no_such_layer"]}))
    with pytest.raises(ValueError, match="does not fit the base model 'embedded'"):
        load_adapter(load("none"), tmp_path)


def test_an_adapter_of_another_size_is_refused(load: Callable[[str], PreTrainedModel], tmp_path: Path) -> None:
    lora(r=4).attach(load("none"), checkpointing=False).save_pretrained(tmp_path)
    config = json.loads((tmp_path / "adapter_config.json").read_text())
    (tmp_path / "adapter_config.json").write_text(json.dumps({**config, "r": 8}))
    with pytest.raises(ValueError, match="does not fit the base model 'embedded'"):
        load_adapter(load("none"), tmp_path)


def test_an_adapter_that_covers_other_layers_than_it_says_is_refused(load: Callable[[str], PreTrainedModel], tmp_path: Path) -> None:
    lora().attach(load("none"), checkpointing=False).save_pretrained(tmp_path)
    config = json.loads((tmp_path / "adapter_config.json").read_text())
    (tmp_path / "adapter_config.json").write_text(json.dumps({**config, "target_modules": ["q_proj", "v_proj"]}))
    with pytest.raises(ValueError, match="does not fit the base model 'embedded'"):
        load_adapter(load("none"), tmp_path)


def test_a_folder_without_an_adapter_is_named(load: Callable[[str], PreTrainedModel], tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="adapter_config.json"):
        load_adapter(load("none"), tmp_path)
