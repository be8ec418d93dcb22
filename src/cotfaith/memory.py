"""How much memory a device has, and how much of it is free now."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import torch


def free_bytes(device: torch.device, meminfo: Path = Path("/proc/meminfo"), cgroup: Path = Path("/sys/fs/cgroup")) -> int:
    """Bytes that could be allocated now: what is in torch's own pool or the system's page cache counts as free.

    On a CPU no more than the container may still use; of its page cache, what has not been used lately counts as free there.
    """
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0]) + torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
    available = [line.split()[1] for line in meminfo.read_text().splitlines() if line.startswith("MemAvailable:")] if meminfo.is_file() else []
    system = 1024 * int(available[0]) if available else 2**32  # a system that does not say: 4 GiB
    return min([system, *_left_to_container(cgroup)])


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


def _left_to_container(cgroup: Path) -> Iterator[int]:
    """Bytes below the limit of the control group, version 2 and 1, where there is one."""
    for limit, usage in (("memory.max", "memory.current"), ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes")):
        if (cgroup / limit).is_file() and (cgroup / usage).is_file():
            most = (cgroup / limit).read_text().strip()
            if most != "max":
                stat = (cgroup / limit).with_name("memory.stat")
                fields = dict(line.split() for line in stat.read_text().splitlines()) if stat.is_file() else {}
                cached = int(fields.get("total_inactive_file", fields.get("inactive_file", 0)))  # the first in version 1, descendants included
                yield max(0, int(most) - int((cgroup / usage).read_text()) + cached)
