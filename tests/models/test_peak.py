"""A run is charged with the memory that it held itself."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch

from cotfaith.models.peak import forget_peak, peak_bytes

CPU = torch.device("cpu")
BIG = 256 * 2**20  # bytes


@pytest.mark.skipif(not os.access("/proc/self/clear_refs", os.W_OK), reason="the system does not let a process forget its peak")
def test_what_an_earlier_run_of_the_process_held_is_not_counted() -> None:
    held = torch.ones(BIG, dtype=torch.uint8)
    before = peak_bytes(CPU)
    del held
    forget_peak()
    assert peak_bytes(CPU) < before - BIG / 2


def test_where_the_system_tells_nothing_the_peak_of_the_process_is_shown(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("cotfaith.models.peak._PROCESS", tmp_path / "none")
    forget_peak()
    assert peak_bytes(CPU) > 2**20
