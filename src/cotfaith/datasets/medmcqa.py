"""MedMCQA: questions of Indian medical entrance examinations, four options; 182,822 to train on, 4,183 with answers in dev.

One row of the upstream file; the hub's copy differs in that `cop` there counts from 0:

    question     "Which of the following is not true for myelinated nerve fibers:"
    opa .. opd   "Impulse through myelinated fibers is slower than non-myelinated fibers", "Membrane currents are generated ...", ...
    cop          1                    the right option
    exp          null                 or an explanation, often scanned, often opening with the letter of the answer
    choice_type  "multi"              a label of the question's kind: the right option is one all the same

Source: Pal et al. 2022, arXiv:2203.14371; github.com/medmcqa/medmcqa (MIT), hub openlifescienceai/medmcqa (Apache-2.0).
The official test set has no answers: the official dev set is our test split, as in the literature, and validation is carved from train.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Literal

from cotfaith.datasets.chains import as_chain
from cotfaith.datasets.choices import choice_example, label, whole
from cotfaith.datasets.corpus import Corpus, RealDataset
from cotfaith.datasets.intake import Convention
from cotfaith.datasets.rows import Row, clean, columns_of
from cotfaith.datasets.sources import Hub, Source, SplitNames, gather
from cotfaith.text.steps import split_steps
from cotfaith.types import Chain, Example

NAMES: SplitNames = {"train": "train", "dev": "test", "validation": "test", "test": None}
_OPTIONS = ("opa", "opb", "opc", "opd")
_STRAY = 0.05  # share of the rows; each option is right in about a quarter


@dataclass(frozen=True, kw_only=True)
class MedMCQA(RealDataset):
    """The official dev set as test split; validation is carved from the training file.

    path: a file, or a folder with train.json and dev.json; None: the hub. seed: of the carving and of what a limit keeps.
    cop_counts_from: 0 or 1; None: decided from the file, by the 0 or the 4 that only one of the two has.
    explanations: `exp` as gold chain, for the rows that have one. They justify an answer that they often name first, so what is
    learned from them is to explain, not to reason; without them the answer alone is learned.
    """

    name: ClassVar[str] = "medmcqa"
    repo: str
    revision: str
    explanations: bool
    cop_counts_from: Literal[0, 1] | None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.cop_counts_from not in (None, 0, 1):
            raise ValueError(f"dataset.cop_counts_from: expected 0, 1 or null, got {self.cop_counts_from!r}")

    @cached_property
    def corpus(self) -> Corpus:
        sources = gather(self.path, Hub(self.repo, self.revision, None), NAMES)
        return self.assembled(self.name, sources, self._decide)

    def _decide(self, source: Source) -> Convention:
        found = columns_of(source.rows)
        if not {"question", *_OPTIONS, "cop"} <= found:
            raise ValueError(f"{source.label}: expected the columns question, {', '.join(_OPTIONS)} and cop of MedMCQA, found {sorted(found)}")
        first = _counts_from(source) if self.cop_counts_from is None else self.cop_counts_from
        return Convention(f"cop counts from {first}", lambda row: _example(row, first, explanations=self.explanations))


def _counts_from(source: Source) -> int:
    """0 or 1, by what the whole file holds: counted from 1 there is no 0, counted from 0 there is no 4. A stray one decides nothing."""
    seen = Counter(whole(row.columns.get("cop")) for row in source.rows)
    zeros, fours = seen["0"], seen["4"]
    if (zeros > 0) == (fours > 0) or max(zeros, fours) < _STRAY * sum(seen.values()):
        raise ValueError(
            f"{source.label}: expected many a cop of 0 (the hub's copy, counts from 0) or many of 4 (the upstream file, counts from 1), "
            f"found {dict(sorted(seen.items())[:8])}; say which with dataset.cop_counts_from=0 or =1"
        )
    return 0 if zeros else 1


def _example(row: Row, first: int, *, explanations: bool) -> Example:
    options = [(column, row.text(column)) for column in _OPTIONS]
    chain = _chain(row.columns.get("exp")) if explanations else None
    return choice_example(MedMCQA.name, row.text("question"), options, label(row, "cop", first, len(options)), chain)


def _chain(explanation: object) -> Chain | None:
    return as_chain(split_steps(clean(explanation))) or None if isinstance(explanation, str) else None
