"""Evaluations kept in a folder that several runs share: made by the first that needs one, taken by the others.

Knows nothing of what an evaluation depends on: whoever asks brings the content key. Runs may work side by side, in threads, processes
or, where the file system's locks hold, on several machines: of those that want one evaluation one makes it and the others wait.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, get_args, get_origin, get_type_hints

from filelock import FileLock, Timeout

from cotfaith.engine.evaluation import Evaluation

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Shelf:
    """A folder with one file for each content key: a line with the hash of what follows, then the records as JSON."""

    folder: Path

    def take(self, key: str, make: Callable[[], Evaluation]) -> Evaluation:
        """The evaluation of this key, marked as `shared` where it was made before; its costs are then those of the making.

        A file that is broken is made again, with a warning.
        """
        path = self.folder / f"{key}.json"
        if (found := _read(path)) is not None:
            return found
        self.folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self.folder / f"{key}.lock")  # of the operating system: given back when its holder dies
        try:
            lock.acquire(blocking=False)
        except Timeout:
            log.info("another run measures the base on the same examples: waiting for it")
            lock.acquire()
        try:
            if (found := _read(path)) is not None:
                return found
            made = make()
            _write(path, made)
            return made
        finally:
            lock.release()


def _write(path: Path, evaluation: Evaluation) -> None:
    """Whole or not at all: a killed process leaves no half file under the name that is read."""
    body = json.dumps(asdict(evaluation))
    draft = path.with_suffix(".draft")
    draft.write_text(f"{_digest(body)}\n{body}\n")
    draft.replace(path)


def _read(path: Path) -> Evaluation | None:
    """None where there is no file, or none that can be trusted."""
    if not path.is_file():
        return None
    digest, _, body = path.read_text(errors="replace").partition("\n")
    if digest != _digest(body.rstrip("\n")):
        log.warning("%s is broken (its hash does not fit what it holds): it is made again", path)
        return None
    evaluation: Evaluation = _revived(Evaluation, json.loads(body))
    return replace(evaluation, shared=True)


def _digest(body: str) -> str:
    return hashlib.sha256(body.encode()).hexdigest()


def _revived(kind: Any, value: Any) -> Any:
    """A value of JSON as the annotated type says: records, tuples, mappings; JSON itself knows only lists and names."""
    origin, inner = get_origin(kind), get_args(kind)
    if value is None or origin is Literal:
        return value
    if origin is UnionType:
        return _revived(next(each for each in inner if each is not NoneType), value)
    if origin in (list, tuple):
        return origin(_revived(inner[0], each) for each in value)
    if origin is dict:
        return {key: _revived(inner[1], each) for key, each in value.items()}
    if hasattr(kind, "__dataclass_fields__"):
        hints = get_type_hints(kind)
        return kind(**{name: _revived(hints[name], each) for name, each in value.items()})
    return value
