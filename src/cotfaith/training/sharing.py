"""The base model's evaluations, shared between runs: what names one of them besides the configuration."""

from __future__ import annotations

import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import torch
from transformers import PreTrainedModel

from cotfaith.engine.evaluation import Evaluation
from cotfaith.engine.shelf import Shelf
from cotfaith.identity import content_key
from cotfaith.models.build import base_weights, hash_weights
from cotfaith.text.encoding import Encoder, hash_ids
from cotfaith.types import Example, Split


@dataclass
class SharedBase:
    """Takes evaluations of the base from a shelf, or has them made.

    facts: what the configuration says of how the base is asked, see `identity.base_facts`. Weights and tokenizer are hashed once: they
    must be frozen, as weights are beneath an adapter.
    """

    shelf: Shelf
    facts: Mapping[str, Any]
    model_facts: dict[str, Any] = field(default_factory=dict, init=False)

    def __call__(
        self, model: PreTrainedModel, encoder: Encoder, examples: Sequence[Example], split: Split, make: Callable[[], Evaluation]
    ) -> Evaluation:
        """The evaluation of one batch. Its examples in their order are part of the key: rounding depends on the layout."""
        self.model_facts = self.model_facts or _model_facts(model, encoder)
        asked = {
            "device": _device(model.device),
            "split": split,
            "prompts": {style: [hash_ids(encoder.prompt(example, style)) for example in examples] for style in ("cot", "direct")},
            "examples": [asdict(example) for example in examples],
        }
        return self.shelf.take(content_key({**self.facts, **self.model_facts, **asked}), make)


def _model_facts(model: PreTrainedModel, encoder: Encoder) -> dict[str, Any]:
    """Weights, what is computed with them, and the way from text to ids and back; where they were loaded from is none of it."""
    elsewhere = {"_name_or_path", "transformers_version", "quantization_config"}
    return {
        "weights": hash_weights(base_weights(model)),
        "architecture": {name: str(value) for name, value in model.config.to_dict().items() if name not in elsewhere},
        "encoder": encoder.facts(),  # a tokenizer in Python has no hash: its name is in the configuration
    }


def _device(device: torch.device) -> str:
    """Which kernels round: a CPU's depend on its instructions and on how many threads share the work."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"{device.type} {platform.machine()} {torch.backends.cpu.get_cpu_capability()}, {torch.get_num_threads()} threads"
