"""What the bar says behind the loss. The screens of whole commands are in tests/test_smoke.py."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch

from cotfaith.callbacks.progress import _cost

SPENT = {"tokens_per_second": 12345.6, "supervised": 0.52, "padding": 0.034, "peak_bytes": 1.5 * 2**30}


@pytest.mark.parametrize(
    ("spent", "said"),
    [
        ({}, ""),
        (SPENT, ", 12,346 tokens/s (52% learned, 3% padding), peak 1.50 GiB"),
        (SPENT | {"mfu": 0.31}, ", 12,346 tokens/s (52% learned, 3% padding, mfu 31%), peak 1.50 GiB"),
    ],
)
def test_what_a_step_costs_is_said_once_it_is_known(spent: dict[str, float], said: str) -> None:
    metrics = {"train/loss": torch.tensor(0.1)} | {f"train/{name}": torch.tensor(value) for name, value in spent.items()}
    assert _cost(SimpleNamespace(callback_metrics=metrics)) == said  # type: ignore[arg-type]  # as much of a trainer as is asked
