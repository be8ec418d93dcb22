"""The sections of a model card. Pure: from the manifest, the scores and the paired differences to Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from cotfaith.report.certainty import Certainty
from cotfaith.report.certainty_table import markdown
from cotfaith.report.comparison import UNINTERPRETABLE, compare
from cotfaith.report.document import table
from cotfaith.store import Scores

_HEALTH = ("parsed", "truncated", "mean_steps", "mean_tokens")


def results(metrics: Mapping[str, Mapping[str, Scores]], certainty: Mapping[str, Sequence[Certainty]]) -> list[str]:
    """For each dataset its paired differences with intervals, the health of the chains, and what the gates say."""
    parts = []
    for dataset, tables in certainty.items():
        comparison = compare(metrics, dataset)
        health = [row.cells for row in comparison.rows if row.metric in _HEALTH or not tables]
        gates = [f"- {UNINTERPRETABLE}: {reason}" for reason in comparison.reasons] or ["All gates passed."]
        parts += [f"### {dataset}", "\n".join(gates), *markdown(tables[:1]), table(comparison.columns, health)]
    return parts


def settings(manifest: Mapping[str, Any]) -> str:
    """The hyper-parameters."""
    lora, training = manifest["lora"], manifest["training"] or {}
    rows = [("base", manifest["model"]), ("revision", manifest["base"]["revision"]), ("base held as", manifest["quantization"])]
    rows += [("unquantised weights", manifest["base"]["dtype"]), ("double quantisation", manifest["double_quantization"])]
    rows += [("method", manifest["method"]), ("learned", manifest["target"])]
    rows += [(f"LoRA {name}", lora[name]) for name in ("r", "alpha", "scale", "dropout")] if lora else []
    rows += [("LoRA scaling", manifest["scaling"]), ("LoRA layers", ", ".join(lora["target_modules"]))] if lora else []
    for group, options in training.items():
        rows += [(group, options["_target_"].rsplit(".", 1)[-1])] if group in ("optimizer", "scheduler") else []
        rows += [(f"{group}.{key}", value) for key, value in options.items() if not key.startswith("_")]
    rows += [("seed", manifest["seed"]), ("parameters that train", f"{manifest['trainable']:,} of {manifest['parameters']:,}")]
    rows += [("prompt", manifest["prompt"]["cot"]), ("prompt without a chain", manifest["prompt"]["direct"])]
    return _facts(rows)


def data(manifest: Mapping[str, Any]) -> list[str]:
    """Where the examples come from: of the dataset that was trained on, and of the others that were measured."""
    parts = []
    for name, found in manifest["provenance"].items():
        used = "trained on, measured" if name == manifest["trained_on"] else "measured only"
        splits = [(split, facts["examples"], facts["from"]) for split, facts in found["splits"].items()]
        parts += [f"**{name}** ({used})", _splits(splits)]
        for source in found["sources"]:
            shown = {key: Path(str(value)).name if key == "file" else value for key, value in source.items()}  # no folder of this machine
            parts.append("\n".join(f"- {key}: {value}" for key, value in shown.items() if value is not None))
    return [*parts, f"Hash of all test examples: `{manifest['data_hash']}`."]


def licence(manifest: Mapping[str, Any]) -> str:
    """Of the base, as far as it is known; nothing is claimed for the data."""
    known = manifest["base"]["license"]
    of_base = f"The base model is under `{known}`" if known else "The licence of the base model is unknown to the run that made this: see its page"
    return f"{of_base}; what is trained on it is bound by that. The data have licences of their own."


def versions(manifest: Mapping[str, Any]) -> str:
    """What made it."""
    rows = [(name, manifest[key]) for name, key in (("git commit", "git_commit"), ("device", "device"), ("python", "python"))]
    rows += [(f"hash of the {name}", manifest[f"{name}_hash"]) for name in ("base", "adapter", "template")]
    return _facts([*rows, *manifest["versions"].items()])


def _splits(rows: Sequence[tuple[Any, ...]]) -> str:
    return table(("split", "examples", "from"), [tuple(map(str, row)) for row in rows])


def _facts(rows: Sequence[tuple[str, Any]]) -> str:
    """Names and values; what is not known is left out."""
    return table(("", ""), [(name, str(value)) for name, value in rows if value is not None], left=2)
