"""How much memory a device has, and how much of it is free now."""

from __future__ import annotations

import os

import torch


def free_bytes(device: torch.device) -> int:
    """Memory that is free right now; a system that does not say has none."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    return _pages("SC_AVPHYS_PAGES")


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
