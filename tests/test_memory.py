"""What counts as free: more would kill the run, less would run it in needlessly small pieces."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from cotfaith.memory import free_bytes


def test_the_page_cache_counts_as_free_memory(tmp_path: Path) -> None:
    (tmp_path / "meminfo").write_text("MemTotal: 900 kB\nMemFree: 5 kB\nMemAvailable: 80 kB\n")
    assert free_bytes(torch.device("cpu"), tmp_path / "meminfo", tmp_path) == 80 * 1024


@pytest.mark.parametrize(
    ("limit", "usage", "most", "free"),
    [
        ("memory.max", "memory.current", "50000", 50000 - 20000 + 7000),
        ("memory.max", "memory.current", "max", 80 * 1024),
        ("memory.limit_in_bytes", "memory.usage_in_bytes", "50000", 50000 - 20000 + 7000),
        ("memory.limit_in_bytes", "memory.usage_in_bytes", "9223372036854771712", 80 * 1024),
    ],
)
def test_a_container_bounds_what_is_free(tmp_path: Path, limit: str, usage: str, most: str, free: int) -> None:
    (tmp_path / "meminfo").write_text("MemAvailable: 80 kB\n")
    folder = tmp_path / "memory" if limit.endswith("bytes") else tmp_path
    folder.mkdir(exist_ok=True)
    (folder / limit).write_text(f"{most}\n")
    (folder / usage).write_text("20000\n")
    (folder / "memory.stat").write_text("anon 13000\ninactive_file 7000\n")
    assert free_bytes(torch.device("cpu"), tmp_path / "meminfo", tmp_path) == free


def test_what_torch_has_reserved_and_does_not_use_counts_as_free(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"mem_get_info": (100, 1000), "memory_reserved": 700, "memory_allocated": 450}.items():
        monkeypatch.setattr(torch.cuda, name, lambda device, value=value: value)
    assert free_bytes(torch.device("cuda")) == 100 + 700 - 450
