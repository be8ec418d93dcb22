"""Which model answers: the base (adapter off), the tuned one, or one in between (the adapter at a fraction of its strength)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from peft import LoraConfig, PeftModel
from peft.helpers import rescale_adapter_scale
from transformers import PreTrainedModel

from cotfaith.types import Arm


@contextmanager
def switched(model: PreTrainedModel, arm: Arm, scale: float = 1.0) -> Iterator[None]:
    """Make a model one arm of itself; put back afterwards. Arm "base" of a model without an adapter is the model.

    scale: of the tuned arm, a factor on every LoRA update: 0 is the base, 1 the adapter as it was trained.
    """
    if arm == "base" or scale == 1:
        if arm == "base" and isinstance(model, PeftModel):
            with model.disable_adapter():
                yield
        else:
            yield
        return
    with rescale_adapter_scale(model, scale):
        yield


def check_scale(model: PreTrainedModel, arm: Arm, scale: float) -> None:
    """Refuse a scale that would not lead from the base to the tuned arm.

    Raises:
        ValueError: a scale of the base arm, a model without LoRA, or an adapter that holds more than plain LoRA updates.
    """
    if scale == 1:
        return
    config = model.peft_config["default"] if isinstance(model, PeftModel) else None
    if arm == "base" or not isinstance(config, LoraConfig):
        raise ValueError(f"scale={scale}: expected a LoRA adapter to scale, found none (arm {arm!r}, {type(model).__name__})")
    if found := beyond_updates(config.to_dict()):
        raise ValueError(f"scale={scale}: expected an adapter of plain LoRA updates, found one with {', '.join(found)}")


def beyond_updates(config: Mapping[str, Any]) -> tuple[str, ...]:
    """What an adapter has besides plain LoRA updates, which alone can be scaled: DoRA divides by a norm, whole weights are no updates at all.

    config: as in adapter_config.json, whose names these are.
    """
    odd = {
        "peft_type": config.get("peft_type") != "LORA",
        "use_dora": config.get("use_dora"),
        "modules_to_save": config.get("modules_to_save"),
        "bias": config.get("bias", "none") != "none",
    }
    return tuple(name for name, there in odd.items() if there)
