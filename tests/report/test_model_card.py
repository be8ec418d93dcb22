"""The card of an adapter: what the run left on disk, in words that the hub and a reader understand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import ModelCard

from cotfaith.engine.parity import Parity
from cotfaith.report.model_card import adapter_card, exported_card
from cotfaith.store import RunStore
from tests.report.runs import DECORATIVE, FAITHFUL, MANIFEST, WRONG, make_run

PROVENANCE = {
    "sources": [{"file": "/home/me/secret/train.jsonl", "rows": 9}, {"repo": "openai/gsm8k", "revision": "abc"}],
    "splits": {"test": {"from": "official", "examples": 2}},
}
FACTS: dict[str, Any] = {
    "base": {"revision": "main", "dtype": "bfloat16", "trust_remote_code": False, "license": "llama3"},
    "model": "owner/name",
    "double_quantization": True,
    "trained_on": "recall",
    "target": "answer_only",
    "scaling": "rslora",
    "method": "lora",
    "lora": {"r": 4, "alpha": 8, "scale": 4.0, "dropout": 0.05, "target_modules": ["q_proj"]},
    "training": {"optimizer": {"_target_": "torch.optim.AdamW", "lr": 0.003}},
    "trainable": 10,
    "parameters": 100,
    "provenance": {"recall": PROVENANCE},
    "prompt": {"cot": "Think.", "direct": "Just answer.", "cue": "The answer is"},
    "first_prompt": "<user>\n2 + 2?\nThink.",
    "stop_ids": [2, 7],
    "engine": {**MANIFEST["engine"], "max_new_tokens": 99},
    **{f"{name}_hash": name[0] * 16 for name in ("base", "adapter", "data", "template")},
    **{"git_commit": "abc123", "device": "cuda:0", "python": "3.12", "versions": {"peft": "0.21"}},
}


def made(folder: Path, gates: tuple[str, ...] = (), **facts: Any) -> RunStore:
    return make_run(folder, {"base": [FAITHFUL, WRONG, FAITHFUL], "tuned": [DECORATIVE] * 3}, gates=gates, **{**FACTS, **facts})


def test_the_front_matter_is_what_the_hub_reads(tmp_path: Path) -> None:
    card = ModelCard(adapter_card(made(tmp_path)))
    facts = card.data.to_dict()
    named = ("base_model", "base_model_relation", "license", "library_name", "datasets")
    assert [facts[name] for name in named] == ["owner/name", "adapter", "llama3", "peft", ["openai/gsm8k"]]
    assert [(result.metric_name, result.metric_value) for result in card.data.eval_results] == [("cot_accuracy", 0.5)]


def test_a_base_that_is_not_on_the_hub_is_not_linked_to_it(tmp_path: Path) -> None:
    facts = ModelCard(adapter_card(made(tmp_path, model="embedded"))).data.to_dict()
    assert "base_model" not in facts


def test_base_and_tuned_stand_side_by_side_with_intervals(tmp_path: Path) -> None:
    line = next(line for line in adapter_card(made(tmp_path)).splitlines() if line.startswith("| cot_accuracy"))
    assert "0.667 [" in line  # 2 of 3
    assert "1.000 [" in line
    assert "+0.333  [" in line


def test_a_closed_gate_is_named_with_its_reason(tmp_path: Path) -> None:
    card = adapter_card(made(tmp_path, gates=("too few",)))
    assert "- UNINTERPRETABLE: tuned, filler: too few" in card
    assert "All gates passed" not in card


def test_it_warns_of_every_other_base(tmp_path: Path) -> None:
    assert "unmerged, on a base held as nf4" in adapter_card(made(tmp_path))


@pytest.mark.parametrize(
    "fact", ["| LoRA r | 4 |", "| optimizer | AdamW |", "| optimizer.lr | 0.003 |", "| git commit | abc123 |", "| peft | 0.21 |"]
)
def test_hyper_parameters_and_versions_are_in_it(tmp_path: Path, fact: str) -> None:
    assert fact in adapter_card(made(tmp_path))


def test_weights_that_were_all_trained_are_no_lora_adapter(tmp_path: Path) -> None:
    card = adapter_card(made(tmp_path, method="full", lora=None))
    assert "fully fine-tuned weights" in card
    assert "LoRA" not in card


def test_data_come_with_their_origin_and_without_a_folder_of_this_machine(tmp_path: Path) -> None:
    card = adapter_card(made(tmp_path))
    assert "- file: train.jsonl" in card
    assert "- revision: abc" in card
    assert "secret" not in card


def test_an_unknown_licence_is_said_to_be_unknown(tmp_path: Path) -> None:
    card = adapter_card(made(tmp_path, base={**FACTS["base"], "license": None}))
    assert ModelCard(card).data.license == "unknown"
    assert "The licence of the base model is unknown" in card


def test_an_export_says_how_near_it_is(tmp_path: Path) -> None:
    card = exported_card(made(tmp_path), Parity(kl=3e-6, logit=0.01, likeliest=0.75, tokens=40), 0.5, 8, "float32")
    assert "| KL(measured \\|\\| exported), nats per token | 3e-06 |" in card
    assert "| same answer, greedily | 0.5000 of 8 questions |" in card
    assert ModelCard(card).data.to_dict()["base_model_relation"] == "finetune"


def test_the_code_in_a_card_is_python_with_the_settings_that_were_measured(tmp_path: Path) -> None:
    code = adapter_card(made(tmp_path)).split("```python\n")[1].split("```")[0]
    compile(code, "card", "exec")
    wanted = ("'owner/name'", "revision='main'", 'quant_type="nf4"', "torch.bfloat16", '"max_new_tokens": 99', '"eos_token_id": [2, 7]')
    assert [each for each in wanted if each not in code] == []
