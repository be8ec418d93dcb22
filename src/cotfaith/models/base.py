"""Load a base causal LM, quantised on its way in, with its tokenizer. Knows nothing of adapters."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

import torch
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoTokenizer,
    BitsAndBytesConfig,
    GenerationConfig,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)

log = logging.getLogger(__name__)

_ADVICE = (
    "Expected a folder or a hub name with config.json, a tokenizer and safetensors weights. Gated: accept the terms on the model's page and run "
    "`hf auth login`. No connection: download it elsewhere and give model=local model.path=DIR. HF_HUB_OFFLINE=1 looks in the cache only"
)
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

    revision: a branch, tag or commit on the hub. trust_remote_code: run Python code that comes with the model.
    dtype: of the weights that stay unquantised and of the 4-bit arithmetic; "auto" is float32 on CPU and bfloat16 elsewhere.
    license: as the hub writes it, "apache-2.0"; None: what a model card in the folder says, see `licence`.
    """

    path: str
    dtype: Literal["auto", "float32", "bfloat16"] = "auto"
    revision: str | None = None
    trust_remote_code: bool = False
    license: str | None = None

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
        """The model's own tokenizer.

        Raises:
            FileNotFoundError: the model cannot be had, see `load`.
        """
        with self._explained():
            tokenizer = AutoTokenizer.from_pretrained(self.source, **self._origin())
        assert isinstance(tokenizer, PreTrainedTokenizerBase)
        return tokenizer

    def context(self) -> int | None:
        """Tokens that the model was made for, where its configuration says."""
        with self._explained():
            config = AutoConfig.from_pretrained(self.source, **self._origin()).get_text_config(decoder=True)
        length: int | None = getattr(config, "max_position_embeddings", None)
        return length

    def outline(self, device: torch.device) -> PreTrainedModel:
        """The model as `load` would make it for `device`, without its weights: shapes on the meta device. Only the configuration is read.

        Raises:
            FileNotFoundError: the model cannot be had, see `load`.
        """
        with self._explained():
            config = AutoConfig.from_pretrained(self.source, **self._origin())
            with torch.device("meta"):
                model: PreTrainedModel = AutoModelForCausalLM.from_config(config, dtype=self._dtype(device), trust_remote_code=self.trust_remote_code)
        return model

    def load(self, device: torch.device, quantization: Quantization) -> PreTrainedModel:
        """The model on `device`, in eval mode, from safetensors.

        Raises:
            FileNotFoundError: it cannot be had: no connection, gated, missing, or without safetensors; says what to do.
        """
        dtype = self._dtype(device)
        with self._explained():
            model: PreTrainedModel = AutoModelForCausalLM.from_pretrained(
                self.source,
                use_safetensors=True,
                dtype=dtype,
                quantization_config=quantization.bits_and_bytes(dtype),
                device_map={"": device},  # a quantised model refuses .to()
                **self._origin(),
            )
        model.name_or_path = model.config.name_or_path = self.path  # no path of this machine in an exported adapter: peft asks the former
        model.generation_config = _plain_greedy(model.generation_config)
        keep_cpu_weights_in_place(model)
        return model

    def _origin(self) -> dict[str, Any]:
        return {"trust_remote_code": self.trust_remote_code} | ({"revision": self.revision} if self.revision is not None else {})

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Transformers raises OSError for all that can be wrong with a model's files, and ValueError for code that it may not run."""
        _ = self.source  # a folder that is not there says so itself
        try:
            yield
        except OSError as error:
            raise FileNotFoundError(f"model.path={self.path}: could not be loaded ({_first_line(error)}). {_ADVICE}") from error
        except ValueError as error:
            if "trust_remote_code" not in str(error):
                raise
            raise ValueError(
                f"model.path={self.path} brings Python code of its own; model.trust_remote_code=true runs it, if you trust it"
            ) from error

    def _dtype(self, device: torch.device) -> torch.dtype:
        if self.dtype == "auto":
            return torch.float32 if device.type == "cpu" else torch.bfloat16
        return torch.float32 if self.dtype == "float32" else torch.bfloat16


def _first_line(error: Exception) -> str:
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__).rstrip(".")


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


def stop_ids(base: BaseModel, tokenizer: PreTrainedTokenizerBase) -> tuple[int, ...]:
    """All token ids that end a turn: the tokenizer's end token and those of the model's generation config."""
    try:
        configured = GenerationConfig.from_pretrained(base.source, revision=base.revision or "main").eos_token_id
    except OSError:  # a model folder need not have a generation config
        configured = None
    listed = configured if isinstance(configured, list) else [configured]
    return tuple(sorted({token for token in [tokenizer.eos_token_id, *listed] if token is not None}))
