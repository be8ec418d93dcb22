"""What counts as free: more would kill the run, less would run it in needlessly small pieces."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from cotfaith.memory import free_bytes


def test_the_page_cache_counts_as_free_memory(tmp_path: Path) -> None:
    (tmp_path / "meminfo").write_text("MemTotal: 900 kB\nMemFree: 5 kB\nMemAvailable: 80 kB\n")
    assert free_bytes(torch.device("cpu"), tmp_path / "meminfo") == 80 * 1024


def test_what_torch_has_reserved_and_does_not_use_counts_as_free(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"mem_get_info": (100, 1000), "memory_reserved": 700, "memory_allocated": 450}.items():
        monkeypatch.setattr(torch.cuda, name, lambda device, value=value: value)
    assert free_bytes(torch.device("cuda")) == 100 + 700 - 450
