"""Load a base causal LM, quantised on its way in, with its tokenizer. Knows nothing of adapters."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Literal

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, BitsAndBytesConfig, GenerationConfig, PreTrainedModel, PreTrainedTokenizerBase

log = logging.getLogger(__name__)

EMBEDDED = "embedded"
Kind = Literal["nf4", "fp4", "int8", "none"]


@dataclass(frozen=True, kw_only=True)
class Quantization:
    """How the frozen base weights are held: 4-bit NF4 or FP4, 8-bit, or as they are.

    double: quantise the 4-bit block constants too (about 0.4 bits less per weight).
    """

    kind: Kind
    double: bool = True

    def __post_init__(self) -> None:
        if self.kind not in ("nf4", "fp4", "int8", "none"):
            raise ValueError(f"quantization.kind: expected nf4, fp4, int8 or none, got {self.kind!r}")

    def bits_and_bytes(self, compute: torch.dtype) -> BitsAndBytesConfig | None:
        """The transformers config; None leaves the weights unquantised."""
        if self.kind == "none":
            return None
        if self.kind == "int8":
            return BitsAndBytesConfig(load_in_8bit=True)
        return BitsAndBytesConfig(
            load_in_4bit=True, bnb_4bit_quant_type=self.kind, bnb_4bit_use_double_quant=self.double, bnb_4bit_compute_dtype=compute
        )


@dataclass(frozen=True, kw_only=True)
class BaseModel:
    """Where a base model comes from: a folder, a hub name, or ``embedded`` for the one in the package.

    dtype: of the weights that stay unquantised and of the 4-bit arithmetic; "auto" is float32 on CPU and bfloat16 elsewhere.
    """

    path: str
    dtype: Literal["auto", "float32", "bfloat16"] = "auto"

    def __post_init__(self) -> None:
        if self.dtype not in ("auto", "float32", "bfloat16"):
            raise ValueError(f"model.dtype: expected auto, float32 or bfloat16, got {self.dtype!r}")

    @property
    def source(self) -> str:
        """What transformers loads from.

        Raises:
            FileNotFoundError: `path` is written as a folder and there is none.
        """
        if self.path == EMBEDDED:
            return str(files("cotfaith.models.embedded") / "weights")
        if self.path.startswith((".", "/", "~")) and not Path(self.path).expanduser().is_dir():
            raise FileNotFoundError(f"model.path={self.path}: expected a folder with a model, found none")
        return str(Path(self.path).expanduser()) if self.path.startswith("~") else self.path

    def tokenizer(self) -> PreTrainedTokenizerBase:
        """The model's own tokenizer."""
        tokenizer = AutoTokenizer.from_pretrained(self.source)
        assert isinstance(tokenizer, PreTrainedTokenizerBase)
        return tokenizer

    def load(self, device: torch.device, quantization: Quantization) -> PreTrainedModel:
        """The model on `device`, in eval mode, as transformers hands it out."""
        dtype = self._dtype(device)
        model: PreTrainedModel = AutoModelForCausalLM.from_pretrained(
            self.source,
            use_safetensors=True,
            dtype=dtype,
            quantization_config=quantization.bits_and_bytes(dtype),
            device_map={"": device},  # a quantised model refuses .to()
        )
        model.config.name_or_path = self.path  # no path of this machine in an exported adapter
        model.generation_config = _plain_greedy(model.generation_config)
        keep_cpu_weights_in_place(model)
        return model

    def _dtype(self, device: torch.device) -> torch.dtype:
        if self.dtype == "auto":
            return torch.float32 if device.type == "cpu" else torch.bfloat16
        return torch.float32 if self.dtype == "float32" else torch.bfloat16


def _plain_greedy(configured: GenerationConfig | None) -> GenerationConfig:
    """Token ids only: a repetition penalty or the like that a model ships would make greedy decoding something else."""
    ids = {name: getattr(configured, name, None) for name in ("bos_token_id", "eos_token_id", "pad_token_id")}
    return GenerationConfig(**ids)


def keep_cpu_weights_in_place(model: torch.nn.Module) -> None:
    """Switch off the repacking of 4-bit weights at the first eval-mode forward on AVX512-BF16 CPUs, wherever the model is now.

    bitsandbytes 0.50.2 repacks in place and then computes wrong LoRA gradients in training, with a warning only. To be
    removed once `Linear4bit` unpacks again, or repacks a copy.
    """
    for module in model.modules():
        if hasattr(module, "support_avx512bf16_for_cpu"):
            module.support_avx512bf16_for_cpu = False  # type: ignore[assignment]  # a plain bool attribute of Linear4bit


def stop_ids(model_source: BaseModel, tokenizer: PreTrainedTokenizerBase) -> tuple[int, ...]:
    """All token ids that end a turn: the tokenizer's end token and those of the model's generation config."""
    try:
        configured = GenerationConfig.from_pretrained(model_source.source).eos_token_id
    except OSError:  # a model folder need not have a generation config
        configured = None
    listed = configured if isinstance(configured, list) else [configured]
    return tuple(sorted({token for token in [tokenizer.eos_token_id, *listed] if token is not None}))
