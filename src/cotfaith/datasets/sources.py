"""Where rows come from: files of a path, or a pinned revision of a repository on the Hugging Face hub.

A source is what one official split holds, or all there is where the splits are not given. Knows names and hashes, not columns.
"""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cotfaith.datasets.rows import FORMATS, Row, read_rows
from cotfaith.types import Split

log = logging.getLogger(__name__)

SplitNames = Mapping[str, Split | None]
"""Upstream's names of its splits -> ours; None: known, and not read because it holds no answers."""
Loader = Callable[..., Mapping[str, Any]]
"""`datasets.load_dataset`, or what stands in for it: split name -> a table with `to_list()`."""

_SHARD = re.compile(r"-\d{5}-of-\d{5}$")


@dataclass(frozen=True, slots=True)
class Source:
    """The rows of one file or of one split on the hub."""

    label: str  # as it is named in messages
    split: Split | None  # None: not an official split
    rows: list[Row]
    facts: dict[str, object]  # for the provenance


@dataclass(frozen=True, slots=True)
class Hub:
    """A dataset repository with plain or parquet files; datasets 4 and later run no loading scripts."""

    repo: str
    revision: str
    config: str | None


def gather(path: str | None, hub: Hub, names: SplitNames) -> list[Source]:
    """The sources at `path`, or on the hub where it is None."""
    return fetch(hub, names) if path is None else find(Path(path), names)


def find(path: Path, names: SplitNames) -> list[Source]:
    """A file as one source without a split, or the official splits of a folder by the names of its files.

    Raises:
        FileNotFoundError: there is nothing at the path, or the folder has no file of an expected name.
        ValueError: two files claim one split, or a file cannot be read.
    """
    path = path.expanduser()
    if path.is_file():
        return [_read(path, None)]
    if not path.is_dir():
        raise FileNotFoundError(f"dataset.path={path}: expected a file or a folder, found nothing")
    given: dict[Split, list[Path]] = {}
    for file in sorted(path.iterdir()):
        split = names.get(_stem(file))
        if split is not None:
            given.setdefault(split, []).append(file)
    if not given:
        held = ", ".join(sorted(f"{entry.name}/" if entry.is_dir() else entry.name for entry in path.iterdir())) or "nothing"
        raise FileNotFoundError(
            f"dataset.path={path}: expected files named {' or '.join(wanted(names))} with one of {', '.join(FORMATS)}, found {held}; "
            "a single file of any name can be given as the path itself, and is then split"
        )
    for split, files in given.items():
        if len(files) > 1 and not all(_SHARD.search(_bare(file)) for file in files):
            raise ValueError(f"dataset.path={path}: expected one file for the split {split}, found {', '.join(file.name for file in files)}")
    return [_read(file, split) for split, files in given.items() for file in files]


def fetch(hub: Hub, names: SplitNames, load: Loader | None = None) -> list[Source]:
    """The official splits of a repository at its pinned revision; HF_HUB_OFFLINE=1 takes what is cached.

    Raises:
        FileNotFoundError: the repository, its revision or its config cannot be had; says how to go on without the hub.
        ValueError: the repository has no split of an expected name.
    """
    load = load or _loader()
    log.info("reading %s@%s from the Hugging Face hub or its cache", hub.repo, hub.revision[:12])
    try:
        splits = load(hub.repo, hub.config, revision=hub.revision)
    except (OSError, ValueError) as error:  # no connection, offline, gated, missing: all that load_dataset raises for them
        raise FileNotFoundError(
            f"dataset {hub.repo}@{hub.revision} (config {hub.config}): expected to read it from the Hugging Face hub, "
            f"found {type(error).__name__}: {str(error).splitlines()[0] if str(error) else 'no reason'}. "
            "Without a connection give dataset.path=FILE_OR_FOLDER with the downloaded files, or set HF_HUB_OFFLINE=1 once they are cached; "
            "a gated repository needs `hf auth login` and its terms accepted on its page"
        ) from error
    sources = [_held(hub, name, split, splits[name].to_list()) for name, split in names.items() if split and name in splits]
    if not sources:
        raise ValueError(f"dataset {hub.repo}: expected a split named {' or '.join(wanted(names))}, found {sorted(splits)}")
    return sources


def _loader() -> Loader:
    from datasets import load_dataset  # late: it takes a second, and only the hub needs it

    loader: Loader = load_dataset
    return loader


def wanted(names: SplitNames) -> list[str]:
    """Upstream's names of the splits that are read."""
    return [name for name, split in names.items() if split]


def _held(hub: Hub, name: str, split: Split, records: list[dict[str, object]]) -> Source:
    facts: dict[str, object] = {"repo": hub.repo, "revision": hub.revision, "config": hub.config, "upstream_split": name, "rows": len(records)}
    return Source(f"{hub.repo} {name}", split, [Row(number, record) for number, record in enumerate(records, 1)], facts)


def _read(file: Path, split: Split | None) -> Source:
    content = file.read_bytes()
    rows = read_rows(file, content)
    facts: dict[str, object] = {"file": str(file), "sha256": hashlib.sha256(content).hexdigest(), "rows": len(rows)}
    return Source(str(file), split, rows, facts)


def _bare(file: Path) -> str:
    return Path(file.name.lower().removesuffix(".gz")).stem


def _stem(file: Path) -> str:
    """The name without endings and shard number; "" for what is no file of a known format."""
    known = file.is_file() and Path(file.name.lower().removesuffix(".gz")).suffix in FORMATS
    return _SHARD.sub("", _bare(file)) if known else ""
