"""AdamW in float32 and in 8 bits, which weights decay, and how much memory a step's memory takes."""

from __future__ import annotations

from collections.abc import Iterable
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

    bits: 32, a step being one kernel on CUDA; 8, quantised by blocks (Dettmers et al. 2022, arXiv:2110.02861), which on CUDA give way to host
        memory when the device is full; "auto": 8 on CUDA, 32 elsewhere.

    The fused kernel of the CPU rounds in another way and saves 0.7 ms of a step of the embedded model, half a percent: not taken.

    Raises:
        ValueError: other bits.
    """
    groups = list(params)
    devices = {weight.device.type for group in groups for weight in group["params"]}
    on_cuda = devices == {"cuda"}
    if _bits(bits, on_cuda=on_cuda) == 8:
        quantised: Optimizer = (PagedAdamW8bit if on_cuda else AdamW8bit)(groups, lr=lr, betas=betas, weight_decay=weight_decay)
        return quantised
    optimizer = AdamW(groups, lr=lr, betas=betas, weight_decay=weight_decay, fused=on_cuda)
    # Lightning refuses to clip gradients for an optimizer that could unscale them itself; without a scaler there is nothing to unscale.
    optimizer._step_supports_amp_scaling = False
    return optimizer


def state_bytes(optimizer: partial[Optimizer], device: torch.device) -> int:
    """What is kept of each trained weight from step to step: two moments; the scales of 8 bits, two floats for 256 weights, are not counted."""
    return 2 * _bits(optimizer.keywords.get("bits", 32), on_cuda=device.type == "cuda") // 8


def decaying(named: Iterable[tuple[str, Tensor]]) -> list[Group]:
    """Trained weights in two groups: matrices decay; biases, norms and other vectors, which scale or shift, do not. No group is empty."""
    weights = [weight for _, weight in named if weight.requires_grad]
    matrices: Group = {"params": [weight for weight in weights if weight.dim() > 1]}
    vectors: Group = {"params": [weight for weight in weights if weight.dim() <= 1], "weight_decay": 0.0}
    return [group for group in (matrices, vectors) if group["params"]]


def _bits(bits: Bits, *, on_cuda: bool) -> int:
    if bits not in ("auto", 8, 32):
        raise ValueError(f"optimizer.bits: expected auto, 8 or 32, got {bits!r}")
    return bits if bits != "auto" else 8 if on_cuda else 32
