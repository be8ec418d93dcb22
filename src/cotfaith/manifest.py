"""The manifest: versions and hashes of all that determines a run's numbers."""

from __future__ import annotations

import hashlib
import platform
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, PeftModel, get_peft_model_state_dict
from transformers import PreTrainedModel

from cotfaith.identity import PACKAGES, hash_examples
from cotfaith.models.base import BaseModel
from cotfaith.models.build import base_weights, footprint, hash_weights
from cotfaith.models.licence import licence_of
from cotfaith.models.peak import peak_bytes
from cotfaith.text.encoding import Encoder
from cotfaith.types import Example

_LOOP = ("max_epochs", "max_steps", "accumulate_grad_batches", "gradient_clip_val", "precision")


def make_manifest(
    config: dict[str, Any],
    model: PreTrainedModel,
    encoder: Encoder,
    examples: Sequence[Example],
    provenance: Mapping[str, object],
    device: torch.device,
    bits: int | None = None,
) -> dict[str, Any]:
    """config: resolved. examples: all that are measured. provenance: by dataset. bits: of the optimizer's moments, which the
    configuration may leave to the device. Hashes are 16 hexadecimal digits of SHA-256.
    """
    cost = footprint(model)
    return {
        "model": config["model"]["path"],
        "base_hash": hash_weights(base_weights(model)),
        "base": _base(config["model"], model),
        "quantization": config["quantization"]["kind"],
        "arithmetic": _arithmetic(config, model),
        "double_quantization": _doubly(config["quantization"]),
        "scaling": config.get("lora", {}).get("scaling"),
        "method": _method(model),
        "lora": _lora(model) if isinstance(model, PeftModel) and _method(model) != "full" else None,
        "adapter_hash": hash_weights(get_peft_model_state_dict(model, save_embedding_layers=False)) if isinstance(model, PeftModel) else None,
        "target": config.get("target", {}).get("learn"),
        "trained_on": config["trained_on"],
        "training": _training(config, bits),
        "datasets": config["eval_datasets"],
        "provenance": provenance,
        "data_hash": hash_examples(examples),
        "template_hash": _hash(encoder.chat.source),
        "prompt": config["prompt"],
        "paraphraser": config["paraphraser"],
        "elicitation": config["prompt"].get("elicitation", "prefill"),  # runs of before there was a choice
        "first_prompt": encoder.chat.before(encoder.prompts.message(examples[0], "cot")),
        "stop_ids": sorted(encoder.stop_ids),
        "seed": config["seed"],
        "alphas": config["alphas"],
        "probe": config["probe"],
        "gates": config["gates"],
        "engine": config["engine"],
        "parameters": cost.parameters,
        "trainable": cost.trainable,
        "weight_bytes": cost.weight_bytes,
        **_machine(device),
    }


def _doubly(quantization: Mapping[str, Any]) -> bool | None:
    """Whether the constants of 4-bit blocks are quantised too; None where there are no such blocks."""
    return bool(quantization.get("double", True)) if quantization["kind"] in ("nf4", "fp4") else None


def _base(named: Mapping[str, Any], model: PreTrainedModel) -> dict[str, Any]:
    """What it takes to load the same base again, and its licence. dtype: as it was on this device."""
    plain = model.get_base_model() if isinstance(model, PeftModel) else model
    source = BaseModel(path=named["path"]).source
    return {
        "revision": named.get("revision"),
        "dtype": str(plain.get_input_embeddings().weight.dtype).removeprefix("torch."),
        "trust_remote_code": named.get("trust_remote_code", False),
        "license": licence_of(source, named.get("license")),
    }


def _machine(device: torch.device) -> dict[str, Any]:
    """Where and with what it ran, and the most memory that took."""
    return {
        "peak_bytes": peak_bytes(device),
        "device": str(device),
        "machine": platform.machine(),
        "python": platform.python_version(),
        "versions": {package: version(package) for package in PACKAGES},
        "git_commit": _commit(),
    }


def _training(config: Mapping[str, Any], bits: int | None) -> dict[str, Any] | None:
    """How the adapter was trained, as far as the configuration says it; None where this run trained nothing."""
    if "scheduler" not in config:  # an optimizer stands there also for an evaluation, where the model has a recipe
        return None
    loop = {name: value for name, value in config["trainer"].items() if name in _LOOP}
    optimizer = config["optimizer"] | ({} if bits is None else {"bits": bits})
    return {"optimizer": optimizer, "scheduler": config["scheduler"], "data": config["data"], "trainer": loop}


def _method(model: PreTrainedModel) -> str | None:
    """What was trained: "lora", "dora" or "full"; None where nothing was."""
    if not isinstance(model, PeftModel):
        return None
    config = model.peft_config["default"]
    assert isinstance(config, LoraConfig)
    return "full" if config.modules_to_save else "dora" if config.use_dora else "lora"


def _arithmetic(config: dict[str, Any], model: PreTrainedModel) -> dict[str, Any]:
    """What rounding depends on besides the weights."""
    return {
        "precision": config["trainer"]["precision"],
        "float32_matmul": torch.get_float32_matmul_precision(),
        "cudnn_benchmark": torch.backends.cudnn.benchmark,
        "compile": config.get("compile", False),
        "threads": torch.get_num_threads(),
        "gradient_checkpointing": bool(getattr(model, "is_gradient_checkpointing", False)),
    }


def _lora(model: PeftModel) -> dict[str, Any]:
    config = model.peft_config["default"]
    assert isinstance(config, LoraConfig)
    scale = config.lora_alpha / (config.r**0.5 if config.use_rslora else config.r)
    targets = sorted(config.target_modules or ())
    numbers = {"r": config.r, "alpha": config.lora_alpha, "dropout": config.lora_dropout, "scale": scale}
    return {**numbers, "rslora": config.use_rslora, "target_modules": targets}


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _commit() -> str | None:
    """The commit of this checkout, "-dirty" behind it where files differ; None for an installed package."""
    folder = Path(__file__).parent
    if shutil.which("git") is None:
        return None
    asked = ["git", "-C", str(folder), "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    done = subprocess.run(asked, capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else None
