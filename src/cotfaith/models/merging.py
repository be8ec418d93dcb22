"""The measured model as one that plain transformers loads: the base as its quantised weights really are, with the adapter added to them.

Merging into the full-precision base instead gives another model: what quantisation did to the base was there in training and in every
measurement (KL per token on the embedded model: about a thousand times as large).
"""

from __future__ import annotations

from pathlib import Path

import torch
from peft import PeftModel
from transformers import PreTrainedModel

from cotfaith.models.base import BaseModel, Quantization
from cotfaith.models.lora import load_adapter


def merge(base: BaseModel, quantization: Quantization, adapter: Path, device: torch.device, dtype: torch.dtype) -> PreTrainedModel:
    """The base quantised as measured, dequantised to `dtype`, the adapter merged in. In eval mode.

    Memory: the quantised weights, then those of `dtype`, layer by layer in their place; 8 billion parameters end at 15 GiB in bfloat16 and
    30 in float32. bfloat16 rounds every merged weight to 8 bits.

    Raises:
        ValueError: quantised as int8, which cannot be merged faithfully; or the adapter does not fit, or holds numbers that are none.
    """
    check_mergeable(quantization)
    model = base.load(device, quantization)
    if quantization.kind != "none":
        model.dequantize(dtype=dtype)
    for parameter in model.parameters():  # embeddings and norms were never quantised; buffers (rotary frequencies) keep their precision
        parameter.data = parameter.data.to(dtype)
    merged = _unwrapped(load_adapter(model, adapter))
    merged.config.name_or_path = merged.name_or_path = base.path
    merged.eval()
    return merged


def check_mergeable(quantization: Quantization) -> None:
    """Refuse what quantises more than weights.

    Raises:
        ValueError: no merged weights would be the measured model.
    """
    if quantization.kind == "int8":
        raise ValueError(
            "quantization=int8 rounds activations too, which no merged weights do: an export would be no nearer to the measured model than its "
            "full-precision base; serve the adapter on the int8 base, or train with nf4, fp4 or none"
        )


def _unwrapped(model: PeftModel) -> PreTrainedModel:
    merged: PreTrainedModel = model.merge_and_unload(safe_merge=True)  # refuses an adapter with numbers that are none
    return merged
