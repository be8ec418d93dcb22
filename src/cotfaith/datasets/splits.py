"""Who gets which example: official splits as they are, missing ones carved out, no question in two of them.

All choices hang on a hash of seed and uid, never on the order of the rows: a question keeps its place when a file is shuffled.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from cotfaith.datasets.intake import Bad, Item, bad_at
from cotfaith.datasets.rows import RowError
from cotfaith.types import Example, Split

ORDER: tuple[Split, ...] = ("train", "val", "test")
# Of a source that has to serve a split it did not come with: a tenth each to validate and to test on.
CARVED: Mapping[Split, float] = {"val": 0.1, "test": 0.1}
MOST_CARVED = 1000  # a fraction measured on so many has a standard error of at most 1.6 points; the rest is worth more for training


@dataclass(frozen=True, slots=True)
class Sifted:
    """Items of which no two ask the same question."""

    by_split: dict[Split | None, list[Item]]
    bad: list[Bad]  # the same question with different answers, different questions with one uid
    duplicates: int  # further copies of a question inside its split
    overlaps: dict[str, int]  # "train in test": questions of a split that a more protected one holds as well


def content_uid(name: str, question: str, choices: Sequence[str] = ()) -> str:
    """The dataset's name and a hash of what is asked: the same for the hub's copy and the upstream file.

    >>> content_uid("gsm8k", "1 + 1?")
    'gsm8k/c97c3a9c9b990740'
    """
    return f"{name}/{_digest(chr(10).join((question, *choices)))[:16]}"


def sift(items: Iterable[Item]) -> Sifted:
    """Keep every question once: in the test split before validation before training.

    Two rows ask the same question where it and the set of its choices agree but for case and white space.
    """
    groups: dict[tuple[str, ...], list[Item]] = {}
    for item in items:
        groups.setdefault(_asked(item.example), []).append(item)
    kept: list[Item] = []
    bad: list[Bad] = []
    duplicates, overlaps = 0, Counter[str]()
    for group in groups.values():
        split = max((item.split for item in group), key=_protection)
        ours = [item for item in group if item.split == split]
        overlaps.update(f"{item.split} in {split}" for item in group if item.split != split)
        if len({_gold(item.example) for item in ours}) > 1:
            bad.extend(_contradiction(item, ours) for item in ours)
            continue
        duplicates += len(ours) - 1
        # Not the first but the smallest: which copy is kept must not depend on the order of the rows.
        kept.append(min(ours, key=lambda item: (item.example.uid, item.example.chain or ())))
    clashing = {uid for uid, count in Counter(item.example.uid for item in kept).items() if count > 1}
    bad.extend(_bad(item, "uid", item.example.uid, "a uid that no other question has") for item in kept if item.example.uid in clashing)
    by_split: dict[Split | None, list[Item]] = {}
    for item in kept:
        if item.example.uid not in clashing:
            by_split.setdefault(item.split, []).append(item)
    return Sifted(by_split, bad, duplicates, dict(overlaps))


def carve(by_split: Mapping[Split | None, list[Item]], seed: int) -> tuple[dict[Split, list[Example]], dict[Split, str]]:
    """Three splits, each in the order of the hash, and where each came from.

    A missing split is carved out of the training examples, or out of the first split there is; what belongs together stays so.

    Raises:
        ValueError: there are too few examples for a split to have one.
    """
    made: dict[Split, list[Item]] = {split: by_split[split] for split in ORDER if by_split.get(split)}
    origins: dict[Split, str] = dict.fromkeys(made, "official")
    heirs: list[Split] = [split for split in ("test", "val", "train") if split not in made]
    donor = next((split for split in (None, *ORDER) if by_split.get(split)), None)
    if heirs:
        pool = _ranked(by_split.get(donor, []), f"split/{seed}", lambda item: item.together)
        sizes = {split: _size(split, len(pool)) for split in heirs}
        parts = _cut(pool, sizes, rest=donor is not None)
        for split, part in zip([*heirs, donor], parts, strict=False):
            assert split is not None
            made[split] = part
            how = f"carved from {donor or 'all rows'}" if split in heirs else f"official, less what was carved for {' and '.join(heirs)}"
            origins[split] = f"{how}: {len(part)} of {len(pool)} examples, by hash of seed {seed}"
    ranked = {split: _ranked(made[split], f"order/{seed}", lambda item: item.example.uid) for split in ORDER}
    return {split: [item.example for item in items] for split, items in ranked.items()}, {split: origins[split] for split in ORDER}


def _size(split: Split, whole: int) -> int:
    """How many of `whole` examples a split is carved with; training gets what the other two would leave."""
    if split == "train":
        return max(1, whole - sum(_size(other, whole) for other in CARVED))
    return min(max(1, round(CARVED[split] * whole)), MOST_CARVED)


def _cut(pool: Sequence[Item], sizes: Mapping[Split, int], *, rest: bool) -> list[list[Item]]:
    """Consecutive parts of the pool, one by size, and one more with the rest or the rest in the last."""
    count = len(sizes) + rest
    ends = [0]
    for size in list(sizes.values())[: count - 1]:
        end = ends[-1] + size
        while end < len(pool) and pool[end].together == pool[end - 1].together:
            end += 1
        ends.append(end)
    if ends[-1] >= len(pool):
        raise ValueError(f"dataset: expected examples enough for {count} splits ({', '.join(sizes)} to be carved), found {len(pool)}")
    return [list(pool[start:end]) for start, end in zip(ends, [*ends[1:], len(pool)], strict=True)]


def _ranked(items: Iterable[Item], salt: str, key: Callable[[Item], str]) -> list[Item]:
    """In the order of the hash of the key, then of the uid."""
    return sorted(items, key=lambda item: (_digest(f"{salt}/{key(item)}"), item.example.uid))


def _protection(split: Split | None) -> int:
    return -1 if split is None else ORDER.index(split)


def _asked(example: Example) -> tuple[str, ...]:
    return (plain(example.question), *sorted(plain(choice) for choice in example.choices))


def _gold(example: Example) -> str:
    return plain(example.choices[ord(example.answer) - ord("A")]) if example.choices else example.answer


def plain(text: str) -> str:
    """Without case, extra white space and closing stops: what two options must differ in for an answer to tell them apart."""
    return " ".join(text.lower().split()).rstrip(".!? ")


def _contradiction(item: Item, group: Sequence[Item]) -> Bad:
    other = next(o for o in group if _gold(o.example) != _gold(item.example))
    expected = f"the answer {other.example.answer!r}, which row {other.row} of {other.file} gives to the same question"
    return _bad(item, "answer", item.example.answer, expected)


def _bad(item: Item, column: str, value: str, expected: str) -> Bad:
    return bad_at(item.file, item.row, RowError(column, value, expected))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
