"""4-bit weights unpacked for the length of an evaluation on a CPU: the same numbers, without unpacking them at every forward."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import torch
from bitsandbytes.functional import dequantize_4bit
from bitsandbytes.nn import Linear4bit
from torch import Tensor
from transformers import PreTrainedModel

from cotfaith.memory import free_bytes

log = logging.getLogger(__name__)

_SHARE = 0.5  # of the free memory that unpacked weights may take


@contextmanager
def dequantized(model: PreTrainedModel) -> Iterator[None]:
    """Unpack the 4-bit weights of a model on the CPU, where memory allows; elsewhere nothing is done. No gradients inside."""
    packed = [module for module in model.modules() if isinstance(module, Linear4bit)]
    if model.device.type != "cpu" or not packed or _unpacked_bytes(packed) > _SHARE * free_bytes(model.device):
        yield
        return
    try:
        for module in packed:
            weight = dequantize_4bit(module.weight.data, module.weight.quant_state).to(module.compute_dtype or torch.float32)
            module.forward = partial(_linear, module, weight)  # of this one module, put back below
        yield
    finally:
        for module in packed:
            module.__dict__.pop("forward", None)


def _linear(module: Linear4bit, weight: Tensor, x: Tensor) -> Tensor:
    """What `Linear4bit.forward` computes in evaluation."""
    bias = None if module.bias is None else module.bias.to(weight.dtype)
    return torch.nn.functional.linear(x.to(weight.dtype), weight, bias).to(x.dtype)


def _unpacked_bytes(packed: list[Linear4bit]) -> int:
    return sum(torch.Size(module.weight.quant_state.shape).numel() * (module.compute_dtype or torch.float32).itemsize for module in packed)
