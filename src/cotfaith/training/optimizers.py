"""AdamW in float32 and in 8 bits, which weights decay, and how much memory a step's memory takes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any, Literal

import torch
from bitsandbytes.optim import AdamW8bit, PagedAdamW8bit
from torch import Tensor
from torch.optim import AdamW, Optimizer

Group = dict[str, Any]
"""``params``: a list of weights; any keyword of the optimizer beside it holds for them alone."""

Bits = Literal["auto", 8, 32]


def adamw(params: Iterable[Group], *, lr: float, betas: tuple[float, float], weight_decay: float, bits: Bits) -> Optimizer:
    """AdamW (Loshchilov & Hutter 2019, arXiv:1711.05101) with moments in float32 or 8 bits.

    bits: 32, a step being one kernel on CUDA; 8, quantised by blocks (Dettmers et al. 2022, arXiv:2110.02861), weights of less than 4,096 numbers
        excepted; "auto": 8 on CUDA, 32 elsewhere. On CUDA 8-bit moments give way to host memory when the device is full (paged); those that a
        resumed run has loaded no longer do, and the process keeps that memory until its end.

    The fused kernel of the CPU rounds in another way and saves 0.7 ms of a step of the embedded model, half a percent: not taken.

    Raises:
        ValueError: other bits.
    """
    groups = list(params)
    on_cuda = {weight.device.type for group in groups for weight in group["params"]} == {"cuda"}
    kind = kind_of(bits, on_cuda=on_cuda)
    if kind is not AdamW:
        return kind(groups, lr=lr, betas=betas, weight_decay=weight_decay)
    optimizer = AdamW(groups, lr=lr, betas=betas, weight_decay=weight_decay, fused=on_cuda)
    # Lightning refuses to clip gradients for an optimizer that could unscale them itself; without a scaler there is nothing to unscale.
    optimizer._step_supports_amp_scaling = False
    return optimizer


def kind_of(bits: Bits, *, on_cuda: bool) -> Callable[..., Optimizer]:
    """The class that has moments of these bits.

    Raises:
        ValueError: other bits than auto, 8 and 32.
    """
    if bits not in ("auto", 8, 32):
        raise ValueError(f"optimizer.bits: expected auto, 8 or 32, got {bits!r}")
    if bits == 32 or (bits == "auto" and not on_cuda):
        return AdamW
    quantised: Callable[..., Optimizer] = PagedAdamW8bit if on_cuda else AdamW8bit
    return quantised


def check_optimizer(optimizer: Callable[..., Optimizer]) -> None:
    """Refuse what no optimizer can do, before anything is loaded.

    Raises:
        ValueError: a learning rate below 0, other bits than auto, 8 and 32.
    """
    bits_of(optimizer, torch.device("cpu"))
    rate = optimizer.keywords.get("lr") if isinstance(optimizer, partial) else None
    if rate is not None and rate < 0:
        raise ValueError(f"optimizer.lr: expected a number of at least 0, got {rate}")


def bits_of(optimizer: Callable[..., Optimizer], device: torch.device) -> int | None:
    """Of the moments that a step leaves there: 8 or 32; None of an optimizer other than a partial `adamw`."""
    chosen = optimizer.keywords.get("bits") if isinstance(optimizer, partial) and optimizer.func is adamw else None
    return None if chosen is None else 32 if kind_of(chosen, on_cuda=device.type == "cuda") is AdamW else 8


def state_bytes(optimizer: Callable[..., Optimizer], device: torch.device) -> int:
    """What is kept of each trained weight from step to step: two moments; the scales of 8 bits, two floats for 256 weights, are not counted."""
    return 2 * (bits_of(optimizer, device) or 32) // 8


def check_saved(optimizer: Callable[..., Optimizer], device: torch.device, saved: Mapping[str, Any]) -> None:
    """Refuse moments that were saved by an optimizer of other bits. saved: its state dict.

    Raises:
        ValueError: 8 bits were saved and 32 are wanted, or the other way round.
    """
    bits = bits_of(optimizer, device)
    moments: Mapping[str, Any] = next(
        iter(saved["state"].values()), {}
    )  # of any weight: each kind has names of its own for them, bitsandbytes a level deeper
    names = {name for level in (moments, *moments.values()) if isinstance(level, Mapping) for name in level}
    found = 32 if "exp_avg" in names else 8 if "state1" in names else bits
    if bits is not None and found != bits:
        raise ValueError(f"optimizer.bits: the checkpoint holds moments of {found} bits, this run has {bits}; go on with optimizer.bits={found}")


def decaying(named: Iterable[tuple[str, Tensor]]) -> list[Group]:
    """Trained weights in two groups: matrices decay; biases, norms and other vectors, which scale or shift, do not. No group is empty."""
    weights = [weight for _, weight in named if weight.requires_grad]
    matrices: Group = {"params": [weight for weight in weights if weight.dim() > 1]}
    vectors: Group = {"params": [weight for weight in weights if weight.dim() <= 1], "weight_decay": 0.0}
    return [group for group in (matrices, vectors) if group["params"]]
