"""Splits of a generated dataset: drawn one after the other from a seed, no question twice."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import NamedTuple

from cotfaith.types import Example, Split


class Sizes(NamedTuple):
    """Examples per split."""

    train: int
    val: int
    test: int


Make = Callable[[Random, str], Example]

# Test first: its examples then depend on the seed and its own size alone, whatever is asked of the other splits.
_ORDER: tuple[Split, ...] = ("test", "val", "train")
_MOST_TRIES = 200  # per example, before the generator counts as exhausted


def draw_split(make: Make, split: Split, sizes: Sizes, seed: str) -> list[Example]:
    """Draw the examples of `split`, skipping every question that an earlier split holds.

    A uid is the dataset's name and a hash of question and choices: two runs share a uid only where they share the question.

    Raises:
        ValueError: a size is negative, the split is empty, or the generator cannot make that many different questions.
    """
    if split not in _ORDER:
        raise ValueError(f"split: expected one of {sorted(_ORDER)}, got {split!r}")
    for name in _ORDER:
        if getattr(sizes, name) < (1 if name == split else 0):
            raise ValueError(f"dataset.{name}_size: expected a positive number of examples, got {getattr(sizes, name)}")
    seen: set[str] = set()
    for name in _ORDER:
        examples = _draw(make, name, getattr(sizes, name), seed, seen)
        if name == split:
            return examples
    raise AssertionError("unreachable: split is one of _ORDER")


def drawn(sizes: Sizes, seed: int) -> dict[str, object]:
    """The provenance of what has no source but its seed."""
    return {"sources": [], "splits": {split: {"from": f"drawn from seed {seed}", "examples": size} for split, size in sizes._asdict().items()}}


def _draw(make: Make, split: Split, count: int, seed: str, seen: set[str]) -> list[Example]:
    rng = Random(f"{seed}/{split}")
    examples: list[Example] = []
    tries = 0
    while len(examples) < count:
        example = make(rng, "draft")
        tries += 1
        key = "\n".join((example.question, *example.choices))
        if key not in seen:
            seen.add(key)
            examples.append(replace(example, uid=f"{seed.split('/')[0]}/{hashlib.sha256(key.encode()).hexdigest()[:12]}"))
        elif tries > _MOST_TRIES * count:
            raise ValueError(f"dataset.{split}_size: expected at most the {len(seen)} different questions this generator can make, got {count}")
    return examples
