"""A run's model for plain transformers.

The base is dequantised as it was measured, the adapter merged into it, and both written with the tokenizer, its chat template, the
generation configuration and a model card. Then what lies in OUT is loaded again and held to the measured model on questions of the test
split. Needs the memory of the model in the precision that it is saved in; 8 billion parameters take 15 GiB in bfloat16 (by calculation).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple

import pyarrow.parquet as pq
import torch
from peft import get_peft_model_state_dict
from torch import Tensor
from transformers import AutoModelForCausalLM, PreTrainedModel, PreTrainedTokenizerBase

from cotfaith.engine.decoding import Decoding
from cotfaith.engine.local import LocalReasoner
from cotfaith.engine.parity import Parity, next_logits, parity
from cotfaith.models.base import BaseModel, Quantization, stop_ids
from cotfaith.models.build import hash_weights
from cotfaith.models.lora import load_adapter
from cotfaith.models.merging import check_mergeable, merge
from cotfaith.report.model_card import exported_card
from cotfaith.store import RunStore
from cotfaith.text.encoding import Encoder
from cotfaith.text.prompts import Prompts
from cotfaith.types import Example, Rollout

Precision = Literal["measured", "float32", "bfloat16"]


class Exported(NamedTuple):
    """What came of it."""

    parity: Parity
    answers: float  # share of questions that both models answer alike, in [0, 1]
    examples: int


class Said(NamedTuple):
    """What a model wrote to some questions, and what it thought of what the measured model wrote."""

    rollouts: list[Rollout]
    logits: list[Tensor]  # (T, V) each


def export(run: Path, out: Path, *, questions: int, precision: Precision = "measured") -> Exported:
    """Write the model of a finished training run to `out` and say how near it is to the one that was measured.

    questions: of the test split, at most. precision: of the saved weights; "measured" is what the unquantised ones had.

    Raises:
        FileNotFoundError: `run` is no finished training run.
        FileExistsError: `out` holds something.
        ValueError: the adapter is not the measured one, the quantisation cannot be merged faithfully, or `questions` is below 1.
    """
    store = RunStore(run)
    manifest = _manifest(store)
    if questions < 1:
        raise ValueError(f"--questions: expected at least 1, got {questions}")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise FileExistsError(f"OUT={out}: expected an empty folder or none, found something in it")
    base, quantization = _base(manifest), Quantization(kind=manifest["quantization"], double=manifest["double_quantization"] is not False)
    check_mergeable(quantization)
    device = torch.device("cuda" if manifest["device"].startswith("cuda") and torch.cuda.is_available() else "cpu")
    dtype = getattr(torch, manifest["base"]["dtype"] if precision == "measured" else precision)
    tokenizer = base.tokenizer()
    wording = {name: value for name, value in manifest["prompt"].items() if name != "_target_"}
    encoder = Encoder(tokenizer, Prompts(**wording), stop_ids(base, tokenizer))
    limits = {name: manifest["engine"][name] for name in ("max_new_tokens", "answer_tokens")}
    asking = Asking(encoder, Decoding(batch_size=16, **limits), _examples(store, manifest["trained_on"], questions))
    measured = asking(_measured(store, manifest, base, quantization, device))
    _save(merge(base, quantization, store.adapter, device, dtype), encoder, tokenizer, out)
    remote = manifest["base"]["trust_remote_code"]
    saved = AutoModelForCausalLM.from_pretrained(out, dtype="auto", device_map={"": device}, trust_remote_code=remote)
    again = asking(saved, measured.rollouts)
    same = sum(one.answer == other.answer for one, other in zip(measured.rollouts, again.rollouts, strict=True))
    exported = Exported(parity(measured.logits, again.logits), same / len(asking.examples), len(asking.examples))
    (out / "README.md").write_text(exported_card(store, *exported, str(dtype).removeprefix("torch.")))
    return exported


@dataclass(frozen=True)
class Asking:
    """The same questions, put greedily to one model after the other."""

    encoder: Encoder
    decoding: Decoding
    examples: Sequence[Example]

    def __call__(self, model: PreTrainedModel, before: Sequence[Rollout] | None = None) -> Said:
        """Let a model write, then predict what is in `before`, or else what it wrote itself."""
        model.eval()
        rollouts = LocalReasoner(model, self.encoder, self.decoding).write(self.examples)
        rows = [(self.encoder.prompt(each.example, "cot"), self.encoder.continuation(each.text)) for each in before or rollouts]
        return Said(rollouts, [next_logits(model, tuple(prompt), tuple(written)) for prompt, written in rows])


def _measured(store: RunStore, manifest: Mapping[str, Any], base: BaseModel, quantization: Quantization, device: torch.device) -> PreTrainedModel:
    model = load_adapter(base.load(device, quantization), store.adapter)
    if hash_weights(get_peft_model_state_dict(model, save_embedding_layers=False)) != manifest["adapter_hash"]:
        raise ValueError(f"{store.adapter}: expected the adapter that was measured (hash {manifest['adapter_hash']}), found another one")
    return model  # type: ignore[return-value]  # PeftModel forwards to it


def _save(model: PreTrainedModel, encoder: Encoder, tokenizer: PreTrainedTokenizerBase, out: Path) -> None:
    assert model.generation_config is not None
    model.generation_config.eos_token_id = sorted(encoder.stop_ids)  # it ends its turns where it was measured to
    model.save_pretrained(out)
    tokenizer.chat_template = encoder.chat.source  # of a base without one: the plain one that was used
    tokenizer.save_pretrained(out)


def _manifest(store: RunStore) -> dict[str, Any]:
    if not (store.adapter / "adapter_config.json").is_file() or store.status() != "finished":
        raise FileNotFoundError(f"RUN={store.folder}: expected the folder of a finished training run, with an adapter in it; found none")
    return store.manifest()


def _base(manifest: Mapping[str, Any]) -> BaseModel:
    named = manifest["base"]
    return BaseModel(path=manifest["model"], dtype=named["dtype"], revision=named["revision"], trust_remote_code=named["trust_remote_code"])


def _examples(store: RunStore, dataset: str, questions: int) -> list[Example]:
    """The first questions of the test split, from the records: no dataset is loaded for it."""
    rows = pq.read_table(store.folder / "records" / "tuned" / dataset / "rollouts.parquet").slice(0, questions).to_pylist()
    return [Example(row["uid"], row["question"], row["gold_answer"], None, tuple(row["choices"])) for row in rows]
