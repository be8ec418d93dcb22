"""The learning-rate schedule, in shares of the whole training so that it fits any length."""

from __future__ import annotations

from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler
from transformers import get_cosine_schedule_with_warmup


def cosine_with_warmup(optimizer: Optimizer, *, total_steps: int, warmup: float) -> LRScheduler:
    """Linear warm-up over the share `warmup` of the steps, then a cosine down to 0.

    Raises:
        ValueError: warmup lies outside [0, 1].
    """
    if not 0 <= warmup <= 1:
        raise ValueError(f"scheduler.warmup: expected a share in [0, 1], got {warmup}")
    schedule: LRScheduler = get_cosine_schedule_with_warmup(optimizer, round(warmup * total_steps), total_steps)
    return schedule
