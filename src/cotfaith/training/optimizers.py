"""Optimizers: AdamW in float32 and in 8 bits, which weights decay, and how much memory a step's memory takes."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

import torch
from bitsandbytes.optim import PagedAdamW8bit
from torch import Tensor
from torch.optim import AdamW, Optimizer

Group = dict[str, Any]
"""``params``: a list of weights; any keyword of the optimizer beside it holds for them alone."""


def adamw(params: Iterable[Group], *, lr: float, betas: tuple[float, float], weight_decay: float) -> Optimizer:
    """AdamW in float32, its step one kernel on CUDA.

    The fused kernel of the CPU rounds in another way and saves 0.7 ms of a step of the embedded model, half a percent: not taken.
    """
    groups = list(params)
    fused = all(weight.device.type == "cuda" for weight in _weights(groups))
    optimizer = AdamW(groups, lr=lr, betas=betas, weight_decay=weight_decay, fused=fused)
    # Lightning refuses to clip gradients for an optimizer that could unscale them itself; without a scaler there is nothing to unscale.
    optimizer._step_supports_amp_scaling = False
    return optimizer


def paged_adamw_8bit(params: Iterable[Group], *, lr: float, betas: tuple[float, float], weight_decay: float) -> Optimizer:
    """AdamW with moments in 8 bits that give way to host memory when the device is full (Dettmers et al. 2022, arXiv:2110.02861).

    Raises:
        ValueError: a weight is not on a CUDA device; bitsandbytes 0.50 has no other kernel for it.
    """
    groups = list(params)
    elsewhere = sorted({weight.device.type for weight in _weights(groups)} - {"cuda"})
    if elsewhere:
        raise ValueError(_no_kernel(elsewhere[0]))
    optimizer: Optimizer = PagedAdamW8bit(groups, lr=lr, betas=betas, weight_decay=weight_decay)
    return optimizer


def check_device(optimizer: partial[Optimizer], device: torch.device) -> None:
    """Refuse an optimizer that cannot run on a device, before a model is loaded.

    Raises:
        ValueError: see `paged_adamw_8bit`.
    """
    if optimizer.func is paged_adamw_8bit and device.type != "cuda":
        raise ValueError(_no_kernel(device.type))


def state_bytes(optimizer: partial[Optimizer]) -> int:
    """What is kept of each trained weight from step to step: two moments in 32 or in 8 bits."""
    return 2 if optimizer.func is paged_adamw_8bit else 8


def decaying(named: Iterable[tuple[str, Tensor]]) -> list[Group]:
    """Trained weights in two groups: matrices decay; biases, norms and other vectors, which scale or shift, do not. No group is empty."""
    weights = [weight for _, weight in named if weight.requires_grad]
    matrices: Group = {"params": [weight for weight in weights if weight.dim() > 1]}
    vectors: Group = {"params": [weight for weight in weights if weight.dim() <= 1], "weight_decay": 0.0}
    return [group for group in (matrices, vectors) if group["params"]]


def _weights(groups: list[Group]) -> list[Tensor]:
    return [weight for group in groups for weight in group["params"]]


def _no_kernel(device: str) -> str:
    return f"optimizer=adamw8bit: bitsandbytes has kernels for CUDA devices only, the model trains on {device!r}; expected optimizer=adamw"
