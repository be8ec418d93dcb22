"""The one way a model comes into being: base, then adapter; for training, evaluation and tests alike."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import torch
from peft import PeftModel
from transformers import PreTrainedModel

from cotfaith.models.base import BaseModel, Quantization
from cotfaith.models.lora import load_adapter
from cotfaith.models.peak import peak_bytes

_ASIDE = ".original_module."  # where PEFT keeps a base weight of which a copy is trained


class Tuning(Protocol):
    """What is trained: an adapter (`Lora`), or the weights themselves (`FullTuning`)."""

    def attach(self, model: PreTrainedModel, *, checkpointing: bool) -> PeftModel:
        """Freeze a base and add what trains, which at first changes nothing. checkpointing: recompute activations in the backward pass."""

    @property
    def beyond_updates(self) -> tuple[str, ...]:
        """What it trains besides plain LoRA updates, by its names in adapter_config.json: such a model has no strength between base and tuned."""


@dataclass(frozen=True, kw_only=True)
class ModelBuilder:
    """Builds on a device, when Lightning says which.

    adapter: what is trained, the folder of what was, or None for the base alone. recomputes: whether, on a device, activations are
    recomputed in the backward pass; asked before anything is loaded, it may refuse the device. None: they are kept.
    """

    base: BaseModel
    quantization: Quantization
    adapter: Tuning | Path | None
    recomputes: Callable[[torch.device], bool] | None = None

    def __call__(self, device: torch.device) -> PreTrainedModel:
        checkpointing = self.recomputes is not None and self.recomputes(device)
        model = self.base.load(device, self.quantization)
        if isinstance(self.adapter, Path):
            model = load_adapter(model, self.adapter)  # type: ignore[assignment]  # PeftModel forwards to it
        elif self.adapter is not None:
            model = self.adapter.attach(model, checkpointing=checkpointing)  # type: ignore[assignment]  # likewise
        return model


@dataclass(frozen=True, slots=True)
class Footprint:
    """What a model costs to hold and to train."""

    parameters: int  # of the model that is tuned, adapter included, 4-bit weights counted singly
    trainable: int
    weight_bytes: int
    peak_bytes: int  # since the run began, see `models.peak`

    def __str__(self) -> str:
        share = 100 * self.trainable / self.parameters
        return (
            f"{self.trainable:,} of {self.parameters:,} parameters trainable ({share:.2f} %), "
            f"weights {self.weight_bytes / 2**20:.1f} MiB, peak memory {self.peak_bytes / 2**30:.2f} GiB"
        )


def footprint(model: PreTrainedModel) -> Footprint:
    """Count parameters and bytes."""
    counts = [(_count(parameter), parameter.requires_grad) for name, parameter in model.named_parameters() if _ASIDE not in name]
    return Footprint(
        parameters=sum(count for count, _ in counts),
        trainable=sum(count for count, trains in counts if trains),
        weight_bytes=sum(t.numel() * t.element_size() for t in [*model.parameters(), *model.buffers()]),
        peak_bytes=peak_bytes(next(model.parameters()).device),
    )


def _count(parameter: torch.nn.Parameter) -> int:
    """A packed 4-bit parameter holds two weights to the byte; its quantisation state knows the real shape."""
    state = getattr(parameter, "quant_state", None)
    return int(torch.Size(state.shape).numel()) if state is not None else parameter.numel()


@torch.inference_mode()
def fingerprint(model: PreTrainedModel, ids: Sequence[int]) -> torch.Tensor:
    """Logits (T, V) float32 on the CPU for one row of token ids: equal fingerprints, equal model."""
    was_training = model.training
    model.eval()
    logits = model(input_ids=torch.tensor([list(ids)], device=model.device)).logits[0].float().cpu()
    model.train(was_training)
    return torch.as_tensor(logits)


def base_weights(model: PreTrainedModel) -> dict[str, torch.Tensor]:
    """The frozen weights under the names they have without an adapter, the scales of 4-bit blocks among them."""
    weights = {}
    for name, parameter in model.named_parameters():
        if "lora_" not in name and ".modules_to_save." not in name:
            plain = name.removeprefix("base_model.model.").replace(".base_layer", "").replace(_ASIDE, ".")
            weights[plain] = parameter.data
            state = getattr(parameter, "quant_state", None)
            if state is not None:
                weights[f"{plain}.absmax"] = state.absmax
    return weights


def hash_weights(tensors: dict[str, torch.Tensor]) -> str:
    """A stable name for a set of weights (16 hexadecimal digits of SHA-256 over names and bytes)."""
    digest = hashlib.sha256()
    for name in sorted(tensors):
        digest.update(name.encode())
        digest.update(tensors[name].detach().cpu().contiguous().view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()[:16]
