"""What the bar says behind the loss. The screens of whole commands are in tests/test_smoke.py."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
import torch

from cotfaith.callbacks.progress import _speed


@pytest.mark.parametrize(("metrics", "said"), [({"train/tokens_per_second": torch.tensor(12345.6)}, ", 12,346 tokens/s"), ({}, "")])
def test_the_speed_is_said_once_it_is_known(metrics: dict[str, Any], said: str) -> None:
    assert _speed(SimpleNamespace(callback_metrics=metrics)) == said  # type: ignore[arg-type]  # as much of a trainer as is asked
