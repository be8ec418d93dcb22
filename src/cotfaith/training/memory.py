"""What training holds in memory, by arithmetic on the model's configuration, before anything is downloaded or loaded."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

import torch
from torch.nn import Linear
from torch.optim import Optimizer
from transformers import PreTrainedModel

from cotfaith.memory import free_bytes, total_bytes
from cotfaith.models.base import BaseModel, Kind
from cotfaith.models.build import Tuning
from cotfaith.models.full import FullTuning
from cotfaith.training.optimizers import bits_of, check_optimizer, state_bytes

log = logging.getLogger(__name__)

Recompute = bool | Literal["auto"]
_BITS = {"nf4": 4.5, "fp4": 4.5, "int8": 8.0}  # of a weight of a linear layer, with the scales of its blocks
_FLOAT = 4  # bytes: what trains is float32, so are its gradients


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes on one device."""

    frozen: int  # weights of the base
    trained: int  # weights that are trained
    gradients: int
    states: int  # what the optimizer remembers
    activations: int  # of the largest batch, where none is recomputed

    @property
    def lasting(self) -> int:
        """All but the activations, which can be made small."""
        return self.frozen + self.trained + self.gradients + self.states

    def __str__(self) -> str:
        parts = ("frozen weights", self.frozen), ("trained weights", self.trained), ("gradients", self.gradients), ("optimizer", self.states)
        return " + ".join(f"{name} {_gib(size)}" for name, size in parts) + f" = {_gib(self.lasting)} GiB"


@dataclass(frozen=True, slots=True)
class Fitting:
    """Asked with a device before a model is loaded there: whether to recompute activations in the backward pass.

    tokens: counts those of the largest training batch, padding included. recompute: as asked, or "auto": where activations do not fit into the memory
    that is left.

    Raises:
        ValueError: an unknown answer to `recompute`; see `check_optimizer`; quantized weights are to be trained; when asked, a model that the
            device cannot train.
    """

    base: BaseModel
    tuning: Tuning
    kind: Kind
    optimizer: partial[Optimizer]
    tokens: Callable[[], int]
    recompute: Recompute

    def __post_init__(self) -> None:
        check_optimizer(self.optimizer)
        if self.recompute not in (True, False, "auto"):
            raise ValueError(f"gradient_checkpointing: expected auto, true or false, got {self.recompute!r}")
        if isinstance(self.tuning, FullTuning) and self.kind != "none":
            raise ValueError(f"lora=none (method=full) trains weights that quantization={self.kind} freezes; expected quantization=none")

    def __call__(self, device: torch.device) -> bool:
        states = state_bytes(self.optimizer, device)
        memory = estimate(self.base.outline(device), self.tuning, self.kind, state_bytes=states, tokens=self.tokens())
        remedies = ["a smaller model", "method=qlora, which freezes the weights in 4 bits"]
        check_fits(memory, self.base.path, device, remedies + ["optimizer.bits=8"] * (bits_of(self.optimizer, device) == 32))
        return self.recompute if self.recompute != "auto" else _too_large(memory, device)


def estimate(bare: PreTrainedModel, tuning: Tuning, kind: Kind, *, state_bytes: int, tokens: int) -> Memory:
    """Memory to train a model that is given without its weights (on the meta device); it is not to be used afterwards.

    state_bytes: of the optimizer, for each trained weight. tokens: of the largest batch, padding included.
    """
    activations = tokens * _per_token(bare)
    output = bare.get_output_embeddings()
    packed = sum(module.weight.numel() for module in bare.modules() if isinstance(module, Linear) and module is not output) if kind != "none" else 0
    saved = int(packed * (next(bare.parameters()).element_size() - _BITS.get(kind, 0) / 8))
    with torch.device("meta"):
        tuned = tuning.attach(bare, checkpointing=False)
    trained = sum(weight.numel() for weight in tuned.parameters() if weight.requires_grad)
    frozen = sum(weight.numel() * weight.element_size() for weight in tuned.parameters() if not weight.requires_grad) - saved
    return Memory(frozen, _FLOAT * trained, _FLOAT * trained, state_bytes * trained, activations)


def check_fits(memory: Memory, model: str, device: torch.device, remedies: Sequence[str]) -> None:
    """Refuse training that no setting of the batch could make fit. remedies: what would.

    Raises:
        ValueError: what lasts is more than all of the device's memory, where that is known.
    """
    total = total_bytes(device)
    if 0 < total < memory.lasting:
        raise ValueError(
            f"training {model} needs {memory}, activations not counted, and {device.type!r} has {_gib(total)} GiB; expected {' or '.join(remedies)}"
        )


def _too_large(memory: Memory, device: torch.device) -> bool:
    """Whether the activations are more than what is free beside the rest."""
    left = max(0, free_bytes(device) - memory.lasting)
    larger = memory.activations > left
    log.info(
        "gradient checkpointing %s: activations take about %s GiB, %s GiB are free beside weights and optimizer",
        *("on" if larger else "off", _gib(memory.activations), _gib(left)),
    )
    return larger


def _per_token(model: PreTrainedModel) -> int:
    """Bytes of activations that all layers keep for the backward pass, for each token.

    A layer of width h, with keys of width k and a feed-forward of width f, keeps the inputs of its matrix products, norms and activation:
    about 8 h + 2 k + 4 f numbers. Attention keeps none of its scores in the kernels that are used.
    """
    config = model.config.get_text_config(decoder=True)
    h, layers, heads = config.hidden_size, config.num_hidden_layers, config.num_attention_heads
    keys = h * (getattr(config, "num_key_value_heads", None) or heads) // heads
    inner = getattr(config, "intermediate_size", None) or 4 * h
    return int(_FLOAT * layers * (8 * h + 2 * keys + 4 * inner))


def _gib(size: int) -> str:
    return f"{size / 2**30:.1f}"
