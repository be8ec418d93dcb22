from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from transformers import PreTrainedModel

from cotfaith.manifest import _doubly
from cotfaith.models.build import base_weights, hash_weights
from cotfaith.models.lora import Lora

LORA = Lora(r=4, alpha=16, ratio=2, dropout=0.0, target_modules="all-linear", scaling="fixed_alpha")


@pytest.mark.parametrize("kind", ["nf4", "none"])
def test_one_base_has_one_hash_with_and_without_an_adapter(load: Callable[[str], PreTrainedModel], kind: str) -> None:
    bare = hash_weights(base_weights(load(kind)))
    assert hash_weights(base_weights(LORA.attach(load(kind), checkpointing=False))) == bare


def test_another_scale_of_a_4_bit_block_is_another_base(load: Callable[[str], PreTrainedModel]) -> None:
    model = load("nf4")
    before = hash_weights(base_weights(model))
    model.model.layers[0].mlp.up_proj.weight.quant_state.absmax[0] += 1
    assert hash_weights(base_weights(model)) != before


@pytest.mark.parametrize(
    ("quantization", "doubly"),
    [({"kind": "nf4", "double": False}, False), ({"kind": "fp4"}, True), ({"kind": "none"}, None), ({"kind": "int8", "double": True}, None)],
)
def test_only_4_bit_weights_are_quantised_doubly_or_not(quantization: dict[str, Any], doubly: bool | None) -> None:
    assert _doubly(quantization) is doubly
