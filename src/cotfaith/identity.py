"""What a number depends on, as facts in plain JSON; their hash is the content key under which it may be used again.

Facts are the whole resolved configuration but for what is known not to matter: an option that is new here makes a new key, and at worst
something is measured twice. Knows neither models nor folders.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from cotfaith.types import Chain, Example

Facts = Mapping[str, Any]

PACKAGES = ("cotfaith", "torch", "lightning", "transformers", "peft", "bitsandbytes", "torchmetrics", "tokenizers")
# Where a run's files go, what it is called, how much of it is shown.
_FOLDERS = ("run_dir", "sweep", "share_dir", "row_dir")
_NAMES = (*_FOLDERS, "name", "run", "adapter", "compare", "inspect", "uid", "resume", "dry_run", "ckpt_path", "logger")
_SHOWING = ("progress", "board")
# What the base model is asked does not depend on these: they train the adapter, or choose examples, which are facts themselves.
_TRAINING = ("lora", "target", "optimizer", "scheduler", "gradient_checkpointing", "callbacks", "gates", "objective", "trainer", "data")
_EXAMPLES = ("dataset", "eval_datasets", "data_root", "trained_on")
# Read from records alone: no model is asked by it, no weight trained.
_READERS = ("report",)


def content_key(facts: Facts) -> str:
    """32 hexadecimal digits of SHA-256."""
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:32]


def base_facts(config: Mapping[str, Any], donors: Sequence[Chain] = ()) -> dict[str, Any]:
    """What the base model's rollouts and readings depend on, besides its weights, the machine and the examples.

    config: resolved. donors: chains of other examples that a probe puts in place of steps.
    """
    kept = {name: value for name, value in config.items() if name not in (*_NAMES, *_TRAINING, *_EXAMPLES)}
    return {"config": kept, "precision": config["trainer"]["precision"], "donors": hash_chains(donors), **code_facts()}


def cell_facts(config: Mapping[str, Any], examples: Mapping[str, Iterable[Example]]) -> dict[str, Any]:
    """What the numbers of a whole training run depend on. config: resolved. examples: of every split, by dataset and split."""
    kept = {name: value for name, value in config.items() if name not in _NAMES}
    kept["callbacks"] = {name: value for name, value in config["callbacks"].items() if name not in _SHOWING}
    hashes = {name: hash_examples(of) for name, of in examples.items()}
    return {"config": _without_folder(kept, config["run_dir"]), "examples": hashes, **code_facts()}


def differences(before: Facts, now: Facts, place: str = "") -> list[str]:
    """Where two sets of facts differ, as ``place: before -> now``.

    >>> differences({"lora": {"r": 8}}, {"lora": {"r": 16}})
    ['lora.r: 8 -> 16']
    """
    found: list[str] = []
    for name in sorted(before.keys() | now.keys()):
        old, new = before.get(name), now.get(name)
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            found += differences(old, new, f"{place}{name}.")
        elif old != new:
            found.append(f"{place}{name}: {old} -> {new}")
    return found


def hash_examples(examples: Iterable[Example]) -> str:
    """A stable name for some examples with their gold answers and chains (16 hexadecimal digits of SHA-256)."""
    rows = [[e.uid, e.question, e.answer, None if e.chain is None else list(e.chain), list(e.choices)] for e in examples]
    return _hash(rows)


def hash_chains(chains: Sequence[Chain]) -> str:
    """A stable name for some chains in their order (16 hexadecimal digits of SHA-256)."""
    return _hash(chains)


def _hash(rows: Sequence[object]) -> str:
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()[:16]


def stamp(folder: Path) -> list[str] | None:
    """Names, sizes and dates of the files of a model; None where it is no folder: the hub's name and revision say which it is."""
    if not folder.is_dir():
        return None
    found = [(path.relative_to(folder), path.stat()) for path in sorted(folder.rglob("*")) if path.is_file()]
    return [f"{name} {of.st_size} {of.st_mtime_ns}" for name, of in found]


def code_facts() -> dict[str, Any]:
    """This package's source and the versions of what it computes with."""
    return {"source": _source_hash(), "versions": {package: version(package) for package in PACKAGES}}


def _source_hash() -> str:
    """Of all modules of this package that a number can depend on (16 hexadecimal digits of SHA-256)."""
    root = Path(__file__).parent
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*.py")):
        if path.relative_to(root).parts[0] not in _READERS:
            digest.update(str(path.relative_to(root)).encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def _without_folder(value: Any, folder: str) -> Any:
    """Plain values with the run's own folder left out of every path."""
    if isinstance(value, str):
        return value.replace(folder, "RUN")
    if isinstance(value, Mapping):
        return {name: _without_folder(each, folder) for name, each in value.items()}
    return [_without_folder(each, folder) for each in value] if isinstance(value, list) else value
