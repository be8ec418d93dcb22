"""Training rows kept on disk by content: tokenised once, read back by every later run on the same examples, prompts and tokenizer."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from itertools import accumulate, chain, pairwise
from pathlib import Path
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from cotfaith.identity import code_facts, content_key, hash_examples
from cotfaith.text.encoding import Encoder
from cotfaith.training.targets import Row, Target
from cotfaith.types import Example

log = logging.getLogger(__name__)

Arrays = dict[str, NDArray[np.int32]]


@dataclass(frozen=True)
class RowCache:
    """A folder with one file for each split that was tokenised. It may be deleted at any time: what is missing is made again.

    It saves a second or two; where it cannot be read or written the run goes on without, with a warning.
    """

    folder: Path

    def rows(self, examples: Sequence[Example], encoder: Encoder, target: Target, make: Callable[[], list[Row]]) -> list[Row]:
        """The rows of these examples, in their order: read where they are known, else made and kept.

        A file that is broken is made again. Without a hash of the tokenizer nothing is kept.
        """
        facts = encoder.facts()
        if facts["tokenizer"] is None:
            return make()
        key = content_key({"examples": hash_examples(examples), "encoder": facts, "target": asdict(target), **code_facts()})
        path = self.folder / f"{key}.safetensors"
        rows = _read(path)
        if rows is None:
            rows = make()
            try:
                _write(path, rows)
            except (OSError, SafetensorError) as error:
                log.warning("%s: rows could not be kept for later runs (%s)", self.folder, error)
        return rows


def _write(path: Path, rows: Sequence[Row]) -> None:
    """Whole or not at all, also where several processes write the same."""
    arrays: Arrays = {}
    for name, parts in (("prompt", [row.prompt for row in rows]), ("target", [row.target for row in rows])):
        arrays[name] = np.fromiter(chain.from_iterable(parts), np.int32)
        arrays[f"{name}_lengths"] = np.array([len(part) for part in parts], np.int32)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(f".{uuid4().hex}")
    try:
        save_file(arrays, draft, metadata={"digest": _digest(arrays)})
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def _read(path: Path) -> list[Row] | None:
    """None where there is no file, or none that can be trusted."""
    try:
        with safe_open(path, framework="numpy") as file:
            arrays: Arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  # no mapping: it cannot be iterated over
            told = (file.metadata() or {}).get("digest")
    except FileNotFoundError:
        return None
    except (OSError, SafetensorError) as error:
        log.warning("%s cannot be read (%s): rows are tokenised again", path, error)
        return None
    if told != _digest(arrays):
        log.warning("%s cannot be read (its hash does not fit what it holds): rows are tokenised again", path)
        return None
    return [Row(*parts) for parts in zip(*(_parts(arrays[name], arrays[f"{name}_lengths"]) for name in ("prompt", "target")), strict=True)]


def _parts(ids: NDArray[np.int32], lengths: NDArray[np.int32]) -> list[tuple[int, ...]]:
    flat, ends = ids.tolist(), accumulate(lengths.tolist(), initial=0)
    return [tuple(flat[start:end]) for start, end in pairwise(ends)]


def _digest(arrays: Arrays) -> str:
    digest = hashlib.sha256()
    for name in sorted(arrays):
        digest.update(name.encode() + arrays[name].tobytes())
    return digest.hexdigest()
