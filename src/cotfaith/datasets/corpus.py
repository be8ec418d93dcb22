"""A real dataset, whole: rows taken, splits made, limits kept, and the account of all of it (`provenance`).

Every dataset that reads files is a convention for its rows and one call of `assemble`.
"""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import get_args

from cotfaith.datasets.intake import LISTED, Bad, Decide, OnBadRow, settle, take
from cotfaith.datasets.sources import Source
from cotfaith.datasets.splits import ORDER, carve, sift
from cotfaith.types import Example, Split

log = logging.getLogger(__name__)

Limit = int | Mapping[str, int | None] | None
"""Most examples per split: one number for all three, or one by split; None is no limit."""


@dataclass(frozen=True, slots=True)
class Corpus:
    """Three splits and where they came from."""

    splits: dict[Split, list[Example]]
    provenance: dict[str, object]

    def examples(self, split: Split) -> Sequence[Example]:
        if split not in ORDER:
            raise ValueError(f"split: expected one of {sorted(ORDER)}, got {split!r}")
        return self.splits[split]


@dataclass(frozen=True, kw_only=True)
class RealDataset:
    """The options and the answers that all datasets from files and the hub have in common; each brings its own `corpus`.

    path: a file or folder of upstream files; None: the hub. limit: of examples per split. seed: of the carving and of what a limit keeps.

    Raises:
        FileNotFoundError: there is nothing at the path.
        ValueError: an option has a value that it cannot have.
    """

    path: str | None
    limit: Limit
    seed: int
    on_bad_row: OnBadRow

    def __post_init__(self) -> None:
        if self.path is not None and not Path(self.path).expanduser().exists():
            raise FileNotFoundError(f"dataset.path={self.path}: expected a file or a folder, found nothing")
        if self.on_bad_row not in get_args(OnBadRow):
            raise ValueError(f"dataset.on_bad_row: expected 'error' or 'drop', got {self.on_bad_row!r}")
        by_split = self.limit if isinstance(self.limit, Mapping) else dict.fromkeys(ORDER, self.limit)
        for split, most in by_split.items():
            if split not in ORDER:
                raise ValueError(f"dataset.limit: expected one number or a number for {', '.join(ORDER)}, got {split!r}")
            if most is not None and (isinstance(most, bool) or not isinstance(most, int) or most < 1):
                raise ValueError(f"dataset.limit: expected a positive number of examples for {split}, or null for all, got {most!r}")

    @cached_property
    def corpus(self) -> Corpus:
        """The splits, read once, before anything expensive."""
        raise NotImplementedError

    def assembled(self, name: str, sources: Sequence[Source], decide: Decide) -> Corpus:
        """The corpus of these sources, by these options."""
        return assemble(name, sources, decide, limit=self.limit, seed=self.seed, on_bad_row=self.on_bad_row)

    def load(self, split: Split) -> Sequence[Example]:
        """The examples of one split; splits share no question."""
        return self.corpus.examples(split)

    def provenance(self) -> dict[str, object]:
        """Files or revision, how they were read, splits, and what was left out."""
        return self.corpus.provenance


def assemble(name: str, sources: Sequence[Source], decide: Decide, *, limit: Limit, seed: int, on_bad_row: OnBadRow) -> Corpus:
    """Read the rows of `sources`, settle what is bad or double, make three splits and cut them to their limits.

    Raises:
        ValueError: rows of no known convention, bad rows where they are not to be dropped, or too few examples for three splits.
    """
    taken = take(sources, decide)
    sifted = sift(taken.items)
    bad = [*taken.bad, *sifted.bad]
    total = sum(len(source.rows) for source in sources)
    settle(name, bad, total, on_bad_row)
    splits, origins = carve(sifted.by_split, seed)
    if sifted.duplicates or sifted.overlaps:
        overlaps = "".join(f", {count} of {which}" for which, count in sifted.overlaps.items())
        log.warning("dataset %s: left out %d rows that repeat a question of their split%s", name, sifted.duplicates, overlaps)
    for split, origin in origins.items():
        if origin != "official":
            log.log(logging.WARNING if "from test" in origin else logging.INFO, "dataset %s: %s is %s", name, split, origin)
    for label, convention in taken.conventions.items():
        log.info("dataset %s: %s: %s", name, label, convention)
    by_split = limit if isinstance(limit, Mapping) else dict.fromkeys(ORDER, limit)
    kept = {split: examples[: by_split.get(split)] for split, examples in splits.items()}
    return Corpus(
        kept,
        {
            "sources": [{**source.facts, "read_as": taken.conventions[source.label]} for source in sources],
            "splits": {split: {"from": origins[split], "found": len(splits[split]), "examples": len(kept[split])} for split in ORDER},
            "bad_rows": _listing(bad),
            "duplicates_removed": sifted.duplicates,
            "overlaps_removed": sifted.overlaps,
        },
    )


def _listing(bad: Sequence[Bad]) -> dict[str, object]:
    return {"dropped": len(bad), "listed": [dataclasses.asdict(one) for one in bad[:LISTED]]}
