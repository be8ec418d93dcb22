"""Packed batches run where flash attention does, and say elsewhere what they lack."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
import torch

from cotfaith.training.packing import FlashAttention, check_packing


class Model:
    """Switches its attention, or only warns as some models do."""

    def __init__(self, *, switches: bool) -> None:
        self.config = SimpleNamespace(_attn_implementation="sdpa")
        self.switches = switches

    def set_attn_implementation(self, name: str) -> None:
        self.config._attn_implementation = name if self.switches else self.config._attn_implementation


@pytest.mark.parametrize(
    ("device", "installed", "precision", "reason"),
    [
        ("cpu", True, "bf16-mixed", "on a CUDA device, the model trains on 'cpu'"),
        ("cuda", False, "bf16-mixed", "pip install flash-attn"),
        ("cuda", True, "32-true", "computes in 16 bits, got trainer.precision=32-true"),
    ],
)
def test_what_is_missing_for_packing_is_named(monkeypatch: pytest.MonkeyPatch, device: str, installed: bool, precision: str, reason: str) -> None:
    monkeypatch.setattr("cotfaith.training.packing.is_flash_attn_2_available", lambda: installed)
    with pytest.raises(ValueError, match=f"data.batching=packed: .*{reason}.*; expected data.batching=grouped"):
        check_packing(torch.device(device), precision)


def test_packing_is_taken_where_flash_attention_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cotfaith.training.packing.is_flash_attn_2_available", lambda: True)
    check_packing(torch.device("cuda"), "bf16-mixed")


def test_a_model_has_its_own_attention_back_after_training() -> None:
    model: Any = Model(switches=True)
    flash = FlashAttention(model)
    assert model.config._attn_implementation == "flash_attention_2"
    flash.off()
    assert model.config._attn_implementation == "sdpa"


def test_a_model_without_flash_attention_is_refused() -> None:
    model: Any = Model(switches=False)
    with pytest.raises(ValueError, match="Model has no flash attention; expected data.batching=grouped"):
        FlashAttention(model)
