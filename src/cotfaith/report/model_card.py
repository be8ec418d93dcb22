"""The model card of an adapter, and of the model it was exported as: README.md with the front matter that the hub reads.

Every number in it comes from what the run left on disk.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from huggingface_hub import EvalResult, ModelCardData

from cotfaith.report.card_parts import data, licence, results, settings, versions
from cotfaith.report.certainty import Certainty, base_and_tuned
from cotfaith.report.document import table
from cotfaith.report.loading import adapter_code, exported_code
from cotfaith.store import RunStore

if TYPE_CHECKING:  # a report is made without transformers, which speaks and takes seconds
    from cotfaith.engine.parity import Parity

_NOT_THE_SAME = """\
> **What was measured is this adapter, unmerged, on a base held as {quantization}.** The same adapter on another base, the full-precision one
> included, is another model, and the numbers below are not its numbers; nor are they those of a merge into the full-precision base.
> `python -m cotfaith.export RUN OUT` dequantises the base, merges, saves, and measures how near that comes."""
_EXPORTED = """\
> **This is an export of a model that was measured as an adapter on a base held as {quantization}.** The base was dequantised as it was
> measured and the adapter merged into that; the results below are those of the measured model. How near the two are:"""
_MADE = {"lora": "LoRA adapter", "dora": "DoRA adapter", "full": "set of fully fine-tuned weights (in the format of an adapter)"}
_DECORATION = """\
An answer that no longer changes when its chain is disturbed does not depend on it: such chains look like reasoning and must not be read as
the reason of the answer."""


def adapter_card(store: RunStore) -> str:
    """The card of RUN/adapter."""
    manifest = store.manifest()
    warning = _NOT_THE_SAME.format(quantization=_held(manifest))
    return _card(store, "peft", "adapter", [warning], adapter_code(manifest))


def exported_card(store: RunStore, parity: Parity, answers: float, examples: int, dtype: str) -> str:
    """The card of an export. answers: share of the first `examples` test questions that both answer alike, in [0, 1]. dtype: it is saved in."""
    facts = [("saved in", dtype), ("KL(measured || exported), nats per token", f"{parity.kl:.2g}")]
    facts += [("largest difference of a logit", f"{parity.logit:.2g}"), ("same likeliest next token", f"{parity.likeliest:.4f}")]
    facts += [("same answer, greedily", f"{answers:.4f} of {examples} questions"), ("tokens compared", str(parity.tokens))]
    manifest = store.manifest()
    opening = [_EXPORTED.format(quantization=_held(manifest)), table(("measured against exported", ""), facts)]
    return _card(store, "transformers", "finetune", opening, exported_code(manifest))


def _card(store: RunStore, library: str, relation: str, opening: Sequence[str], code: str) -> str:
    manifest, metrics = store.manifest(), store.metrics()
    certainty = {dataset: base_and_tuned(store, dataset) for dataset in metrics["tuned"]}
    made = _MADE[manifest["method"]] if library == "peft" else "fine-tuned model"
    parts = [
        f"# {manifest['model']}, fine-tuned on {manifest['trained_on']}",
        f"A {made}, made and measured by cotfaith: does the chain of thought still drive the answer?",
        *opening,
        "## Results on the test split, base against tuned",
        *results(metrics, certainty),
        _DECORATION,
        "## How to load it",
        code,
        "## How it was trained",
        settings(manifest),
        "## Data",
        *data(manifest),
        "## Licence",
        licence(manifest),
        "## Versions",
        versions(manifest),
    ]
    return f"---\n{_front_matter(manifest, metrics, certainty, library, relation)}\n---\n" + "\n\n".join(parts) + "\n"


def _front_matter(
    manifest: Mapping[str, Any], metrics: Mapping[str, Any], certainty: Mapping[str, Sequence[Certainty]], library: str, relation: str
) -> str:
    named = {"base_model": manifest["model"], "base_model_relation": relation} if re.fullmatch(r"[\w.-]+/[\w.-]+", manifest["model"]) else {}
    measured = [
        EvalResult(task_type="text-generation", dataset_type=name, dataset_name=name, metric_type="accuracy", metric_name=metric, metric_value=value)
        for name, scores in metrics["tuned"].items()
        for metric in ("cot_accuracy", "direct_accuracy")
        if (value := scores.get(metric)) is not None
    ]
    from_hub = {str(source["repo"]) for found in manifest["provenance"].values() for source in found["sources"] if "repo" in source}
    facts = ModelCardData(
        datasets=sorted(from_hub) or None,
        library_name=library,
        pipeline_tag="text-generation",
        license=manifest["base"]["license"] or "unknown",
        tags=["cotfaith", manifest["method"], "chain-of-thought", "faithfulness"],
        model_name=f"{manifest['model']}-{manifest['trained_on']}".replace("/", "-"),
        eval_results=measured,
        **named,
    )
    return facts.to_yaml()


def _held(manifest: Mapping[str, Any]) -> str:
    return "it is stored (not quantised)" if manifest["quantization"] == "none" else str(manifest["quantization"])
