"""The most memory that one run has held, also where several run in one process, one after the other."""

from __future__ import annotations

import re
import resource
import sys
from pathlib import Path

import torch

_PROCESS = Path("/proc/self")  # Linux


def forget_peak() -> None:
    """A run begins: what earlier ones of this process have held is not its own. Where the system cannot forget, their peak stays."""
    if torch.cuda.is_initialized():
        for device in range(torch.cuda.device_count()):
            torch.cuda.reset_peak_memory_stats(device)
    try:
        (_PROCESS / "clear_refs").write_text("5")
    except OSError:  # another system, or one that does not let a process do so
        return


def peak_bytes(device: torch.device) -> int:
    """The most memory held since the run began: resident on CPU, allocated on a CUDA device."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    status = _PROCESS / "status"
    if status.is_file() and (held := re.search(r"^VmHWM:\s+(\d+) kB$", status.read_text(), re.MULTILINE)):
        return int(held[1]) * 1024
    unit = 1 if sys.platform == "darwin" else 1024  # ru_maxrss is in bytes on macOS, in KiB on Linux; no run can make it forget
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
