"""Attention masks for tokens of several rows side by side, in the form that a model takes; and the models for which that cannot be exact."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from peft import PeftModel
from torch import Tensor
from transformers import DynamicCache, PretrainedConfig, PreTrainedModel

Mask = Tensor | dict[str, Tensor]
_TAKE_A_MASK = ("sdpa", "eager")  # flash and paged kernels take none of our shape


def bare(model: PreTrainedModel) -> PreTrainedModel:
    """The transformers model below an adapter."""
    return model.get_base_model() if isinstance(model, PeftModel) else model


def text_config(model: PreTrainedModel) -> PretrainedConfig:
    """The configuration of the decoder."""
    return bare(model).config.get_text_config(decoder=True)


def compute_dtype(model: PreTrainedModel) -> torch.dtype:
    """The precision that attention is computed in: under autocast not that of the weights."""
    kind = model.device.type
    if torch.is_autocast_enabled(kind):
        return torch.get_autocast_dtype(kind)
    return next(p.dtype for p in model.parameters() if p.is_floating_point())


class Visibility:
    """Makes a model's attention mask out of which key each query may see, sliding windows by true position included."""

    def __init__(self, model: PreTrainedModel) -> None:
        self.config = text_config(model)
        layers = DynamicCache(config=self.config).layers
        sliding = [layer for layer in layers if getattr(layer, "is_sliding", False)]
        self.window: int | None = getattr(sliding[0], "sliding_window", None) if sliding else None
        self.by_kind = bool(sliding) and (len(sliding) < len(layers) or getattr(self.config, "layer_types", None) is not None)
        self.dtype = compute_dtype(model)

    def __call__(self, see: Tensor, queries: Tensor, keys: Tensor) -> Mask:
        """see: (B, N, K) bool; queries: (B, N) and keys: (B, K), positions in their rows."""
        if self.window is None:
            return self._form(see)
        near = see & (queries[:, :, None] - keys[:, None] < self.window)
        if self.by_kind:
            return {"full_attention": self._form(see), "sliding_attention": self._form(near)}
        return self._form(near)

    def _form(self, see: Tensor) -> Tensor:
        """(B, 1, N, K), added to the scores: eager attention takes no other form, and sdpa would make one of a bool mask in every layer."""
        shown = torch.zeros((), dtype=self.dtype, device=see.device)
        return torch.where(see, shown, torch.finfo(self.dtype).min)[:, None]


def objection(model: PreTrainedModel) -> str | None:
    """Why rows of this model cannot be run side by side, as far as its configuration tells; None where it tells nothing."""
    config = text_config(model)
    if isinstance(model, PeftModel) and getattr(model.active_peft_config, "is_prompt_learning", False):
        return "a prompt-learning adapter"
    if not {"position_ids", "logits_to_keep", "past_key_values"} <= set(inspect.signature(type(bare(model)).forward).parameters):
        return "a forward without position_ids, logits_to_keep or past_key_values"
    if getattr(config, "alibi", False):
        return "ALiBi positions"
    rope = getattr(config, "rope_parameters", None) or {}
    for each in [rope] if "rope_type" in rope else [part for part in rope.values() if isinstance(part, dict)]:
        if each.get("rope_type") in ("dynamic", "longrope"):
            return f"{each['rope_type']} rotary positions, which depend on the longest row of a batch"
    unknown = set(getattr(config, "layer_types", None) or ()) - {"full_attention", "sliding_attention"}
    if unknown:
        return f"layers of type {', '.join(sorted(unknown))}"
    return None


@contextmanager
def evaluating(model: PreTrainedModel) -> Iterator[None]:
    """Eval mode, no gradients, and an attention implementation that takes our masks; all put back afterwards, the mode module by module."""
    training = [(module, module.training) for module in model.modules()]
    base = bare(model)
    chosen = base.config._attn_implementation
    try:
        model.eval()
        if chosen not in _TAKE_A_MASK:
            # what sdpa cannot compute, as attention sinks and capped scores, the model's class does not let it
            base.set_attn_implementation("sdpa" if base._supports_sdpa else "eager")
        with torch.inference_mode():
            yield
    finally:
        if chosen not in _TAKE_A_MASK:
            base.set_attn_implementation(chosen)
        for module, mode in training:
            module.training = mode
