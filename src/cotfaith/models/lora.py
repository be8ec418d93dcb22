"""LoRA on a base model: the scaling policy, attaching a fresh adapter, loading a saved one."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from peft import LoraConfig, PeftModel, get_peft_model, prepare_model_for_kbit_training
from transformers import PreTrainedModel

Scaling = Literal["fixed_alpha", "fixed_ratio", "rslora"]


@dataclass(frozen=True, kw_only=True)
class Lora:
    """A LoRA adapter.

    scaling: what a rank sweep holds constant. The update is scaled by alpha / r, so
        "fixed_alpha": alpha as given at every rank: the scale falls with r;
        "fixed_ratio": alpha = ratio * r: the scale stays at `ratio`;
        "rslora": alpha as given, scaled by alpha / sqrt(r) (Kalajdzievski 2023, arXiv:2312.03732).

    Raises:
        ValueError: r < 1, alpha or ratio not positive, dropout outside [0, 1), an unknown policy, no target modules.
    """

    r: int
    alpha: float
    ratio: float
    dropout: float
    target_modules: str | tuple[str, ...]  # names of linear layers, or "all-linear"
    scaling: Scaling

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

    def attach(self, model: PreTrainedModel, *, checkpointing: bool) -> PeftModel:
        """Freeze the base and add a fresh adapter, which at first changes nothing (its B matrices are zero).

        Raises:
            ValueError: the model has no layer of the names in `target_modules`.
        """
        targets = self.target_modules if isinstance(self.target_modules, str) else list(self.target_modules)
        config = LoraConfig(
            r=self.r,
            lora_alpha=self.scaled_alpha,  # type: ignore[arg-type]  # annotated int, used as a factor
            lora_dropout=self.dropout,
            target_modules=targets,
            use_rslora=self.scaling == "rslora",
            task_type="CAUSAL_LM",
        )
        if getattr(model, "is_quantized", False):
            model = prepare_model_for_kbit_training(
                model, use_gradient_checkpointing=checkpointing, gradient_checkpointing_kwargs={"use_reentrant": False}
            )
        elif checkpointing:
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
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            adapted = PeftModel.from_pretrained(model, str(folder), is_trainable=False)
        except (RuntimeError, ValueError) as error:  # sizes differ; layers of that name are missing
            raise ValueError(f"{name}: {str(error).strip().splitlines()[-1].strip()}") from error
    missing = [str(warning.message) for warning in caught if "missing adapter keys" in str(warning.message)]
    if missing:  # peft only warns, and leaves fresh weights where the saved ones did not fit
        raise ValueError(f"{name}: {missing[0][:300]}")
    assert isinstance(adapted, PeftModel)
    return adapted
