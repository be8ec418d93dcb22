"""LoRA on a base model: the scaling policy, attaching a fresh adapter, loading a saved one."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from peft import LoraConfig, PeftModel, get_peft_model, get_peft_model_state_dict
from safetensors.torch import load_file
from transformers import PreTrainedModel

log = logging.getLogger(__name__)

Scaling = Literal["fixed_alpha", "fixed_ratio", "rslora"]


@dataclass(frozen=True, kw_only=True)
class Lora:
    """A LoRA adapter.

    scaling: what a rank sweep holds constant. The update is scaled by alpha / r, so
        "fixed_alpha": alpha as given at every rank: the scale falls with r;
        "fixed_ratio": alpha = ratio * r: the scale stays at `ratio`;
        "rslora": alpha as given, scaled by alpha / sqrt(r) (Kalajdzievski 2023, arXiv:2312.03732).
    dora: learn the length of each weight's rows apart from their direction (Liu et al. 2024, arXiv:2402.09353); slower.

    Raises:
        ValueError: r < 1, alpha or ratio not positive, dropout outside [0, 1), an unknown policy, no target modules.
    """

    r: int
    alpha: float
    ratio: float
    dropout: float
    target_modules: str | tuple[str, ...]  # names of linear layers, or "all-linear"
    scaling: Scaling
    dora: bool = False

    def __post_init__(self) -> None:
        if self.r < 1:
            raise ValueError(f"lora.r: expected a rank of at least 1, got {self.r}")
        if min(self.alpha, self.ratio) <= 0:
            raise ValueError(f"lora.alpha and lora.ratio: expected positive numbers, got {self.alpha} and {self.ratio}")
        if not 0 <= self.dropout < 1:
            raise ValueError(f"lora.dropout: expected a fraction in [0, 1), got {self.dropout}")
        if self.scaling not in ("fixed_alpha", "fixed_ratio", "rslora"):
            raise ValueError(f"lora.scaling: expected fixed_alpha, fixed_ratio or rslora, got {self.scaling!r}")
        if not self.target_modules:
            raise ValueError("lora.target_modules: expected names of linear layers or 'all-linear', got none")

    @property
    def scaled_alpha(self) -> float:
        """The alpha that peft is given at this rank."""
        return self.ratio * self.r if self.scaling == "fixed_ratio" else self.alpha

    @property
    def beyond_updates(self) -> tuple[str, ...]:
        """See `Tuning`: a DoRA update is divided by a norm, which is proportional to no factor."""
        return ("use_dora",) if self.dora else ()

    def attach(self, model: PreTrainedModel, *, checkpointing: bool) -> PeftModel:
        """Freeze the base and add a fresh adapter, which at first changes nothing (its B matrices are zero).

        Raises:
            ValueError: the model has no layer of one of the names in `target_modules`.
        """
        targets = self.target_modules if isinstance(self.target_modules, str) else list(self.target_modules)
        present = {name.rsplit(".", 1)[-1] for name, _ in model.named_modules()}
        if not isinstance(targets, str) and (unknown := sorted(set(targets) - present)):
            raise ValueError(f"lora.target_modules: {unknown} are no layers of {model.config.name_or_path!r}")
        config = LoraConfig(
            r=self.r,
            lora_alpha=self.scaled_alpha,  # type: ignore[arg-type]  # annotated int, used as a factor
            lora_dropout=self.dropout,
            target_modules=targets,
            use_rslora=self.scaling == "rslora",
            use_dora=self.dora,
            task_type="CAUSAL_LM",
        )
        if checkpointing:
            model.gradient_checkpointing_enable({"use_reentrant": False})
            model.enable_input_require_grads()
        adapted = get_peft_model(model, config)
        assert isinstance(adapted, PeftModel)
        return adapted


def load_adapter(model: PreTrainedModel, folder: Path) -> PeftModel:
    """Put a saved PEFT adapter on its base.

    Raises:
        FileNotFoundError: the folder holds no adapter.
        ValueError: the adapter does not fit the base.
    """
    if not (folder / "adapter_config.json").is_file():
        raise FileNotFoundError(f"adapter={folder}: expected a PEFT folder with adapter_config.json, found none")
    name = f"adapter={folder} does not fit the base model {model.config.name_or_path!r}"
    saved = json.loads((folder / "adapter_config.json").read_text())
    base = saved.get("base_model_name_or_path")
    if saved.get("modules_to_save") and getattr(model, "is_quantized", False):
        raise ValueError(f"adapter={folder} holds whole weights (method=full), which no quantized base can take; expected quantization=none")
    if base != model.config.name_or_path:
        log.warning("adapter=%s says it was made for %r; it is put on %r", folder, base, model.config.name_or_path)
    try:
        adapted = PeftModel.from_pretrained(model, str(folder), is_trainable=False)
    except (RuntimeError, ValueError) as error:  # sizes differ; layers of that name are missing
        raise ValueError(f"{name}: {str(error).strip().splitlines()[-1].strip()}") from error
    assert isinstance(adapted, PeftModel)
    # peft only warns of keys that are missing and says nothing of those that are too many
    odd = set(load_file(folder / "adapter_model.safetensors")) ^ set(get_peft_model_state_dict(adapted, save_embedding_layers=False))
    if odd:
        raise ValueError(f"{name}: {len(odd)} weights have no counterpart, the first is {min(odd)}")
    return adapted
