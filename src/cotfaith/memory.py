"""How much memory a device has, and how much of it is free now."""

from __future__ import annotations

import os
from pathlib import Path

import torch


def free_bytes(device: torch.device, meminfo: Path = Path("/proc/meminfo")) -> int:
    """Bytes that could be allocated now: what is in torch's own pool or the system's page cache counts as free."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0]) + torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
    if meminfo.is_file():
        available = [line.split()[1] for line in meminfo.read_text().splitlines() if line.startswith("MemAvailable:")]
        if available:
            return 1024 * int(available[0])
    return 2**32  # a system that does not say: 4 GiB


def total_bytes(device: torch.device) -> int:
    """All memory of a device, in use or not; 0 where the system does not say."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[1])
    return _pages("SC_PHYS_PAGES")


def _pages(name: str) -> int:
    try:
        return os.sysconf(name) * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError):
        return 0
