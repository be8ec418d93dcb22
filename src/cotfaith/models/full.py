"""Full fine-tuning: every weight is trained, and the base weights stay beside them.

Held as PEFT's `modules_to_save`, so that all else is as with LoRA: the base arm is the same model with the trained weights switched off,
checkpoints hold what is trained, RUN/adapter loads with plain peft, and `merge_and_unload` gives the bare model.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from peft.utils.constants import DUMMY_TARGET_MODULES
from transformers import PreTrainedModel


@dataclass(frozen=True, kw_only=True)
class FullTuning:
    """No adapter: all weights of the model."""

    beyond_updates: ClassVar[tuple[str, ...]] = ("modules_to_save",)

    def attach(self, model: PreTrainedModel, *, checkpointing: bool) -> PeftModel:
        """Freeze the base and put a trainable copy of every weight in its place, which at first is equal to it.

        Raises:
            ValueError: the weights are not float32; or some weight would be trained twice or not at all.
        """
        rounded = sorted({str(parameter.dtype) for parameter in model.parameters()} - {"torch.float32"})
        if rounded:
            raise ValueError(
                f"lora=none trains the weights themselves, in which steps of a small learning rate are lost unless they are float32, got {rounded}; "
                "expected quantization=none model.dtype=float32 (method=full sets both)"
            )
        count = sum(parameter.numel() for parameter in model.parameters())
        if checkpointing:
            model.gradient_checkpointing_enable({"use_reentrant": False})
        config = LoraConfig(
            target_modules=DUMMY_TARGET_MODULES, modules_to_save=_owners(model), ensure_weight_tying=_ties(model), task_type="CAUSAL_LM"
        )
        tuned = get_peft_model(model, config)
        assert isinstance(tuned, PeftModel)
        trained = sum(parameter.numel() for parameter in tuned.parameters() if parameter.requires_grad)
        if trained != count:
            raise ValueError(f"lora=none: expected to train all {count:,} weights of {model.config.name_or_path!r}, found {trained:,} trainable")
        return tuned


def _owners(model: PreTrainedModel) -> list[str]:
    """Last names of the outermost modules that hold weights of their own: PEFT copies each of them whole."""
    owners: list[str] = []
    for name, module in model.named_modules():
        inside = any(name.startswith(f"{owner}.") for owner in owners)
        if not inside and any(True for _ in module.parameters(recurse=False)):
            owners.append(name)
    return sorted({owner.rsplit(".", 1)[-1] for owner in owners})


def _ties(model: PreTrainedModel) -> bool:
    """Whether the output layer shares its weights with the embedding."""
    output = model.get_output_embeddings()
    inputs = model.get_input_embeddings()
    return isinstance(output, torch.nn.Module) and output.weight is inputs.weight
