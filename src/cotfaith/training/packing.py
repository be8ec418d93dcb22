"""Packed rows, behind one another without padding: what they ask of a machine, and of a model while it trains.

Flash attention finds where a row begins by its position 0 and never compares two rows. Off CUDA the same is exact by a mask over all pairs
of tokens, and slower than rows of like lengths: it is refused there.
"""

from __future__ import annotations

import torch
from peft import PeftModel
from transformers import PreTrainedModel
from transformers.utils.import_utils import is_flash_attn_2_available

_FLASH = "flash_attention_2"


def check_packing(device: torch.device, precision: str) -> None:
    """Refuse packed batches where they would be slow, or could not run.

    Raises:
        ValueError: no CUDA device, no flash attention, or a precision that flash attention does not know.
    """
    reason = None
    if device.type != "cuda":
        reason = f"it needs flash attention on a CUDA device, the model trains on {device.type!r}"
    elif not is_flash_attn_2_available():
        reason = "it needs flash attention: pip install flash-attn"
    elif not precision.startswith(("bf16", "16")):
        reason = f"flash attention computes in 16 bits, got trainer.precision={precision} (bf16-mixed does)"
    if reason:
        raise ValueError(f"data.batching=packed: {reason}; expected data.batching=grouped, which pads little")


class FlashAttention:
    """Switches a model to flash attention for the time it is trained.

    Raises:
        ValueError: the model has none.
    """

    def __init__(self, model: PreTrainedModel) -> None:
        self.model: PreTrainedModel = model.get_base_model() if isinstance(model, PeftModel) else model
        self.before: str = self.model.config._attn_implementation
        self.model.set_attn_implementation(_FLASH)
        if self.model.config._attn_implementation != _FLASH:  # some models only warn
            raise ValueError(f"data.batching=packed: {type(self.model).__name__} has no flash attention; expected data.batching=grouped")

    def off(self) -> None:
        """The implementation that the model had."""
        self.model.set_attn_implementation(self.before)
