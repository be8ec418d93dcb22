"""MedQA: questions of the US medical licensing examination with four options; 10,178 / 1,272 / 1,273. No gold chains.

One row of the upstream file and of the hub's copy:

    question    "A 67-year-old man with transitional cell carcinoma of the bladder comes to the physician because of ..."
    options     {"A": "Inhibition of proteasome", "B": "Hyperstabilization of microtubules", "C": ..., "D": ...}
    answer_idx  "D"
    answer      "Cross-linking of DNA"

One row of the mediQ file, where the question is the last sentence alone and the case stands apart:

    context     ["A 21-year-old sexually active male complains of fever, ...", ...]
    question    "The mechanism of action of the medication given blocks cell wall synthesis, which of the following was given?"
    options, answer_idx, answer as above

Source: Jin et al. 2020, arXiv:2009.13081; github.com/jind11/MedQA (MIT), hub GBaker/MedQA-USMLE-4-options (CC BY 4.0: train and test).
Li et al. 2024, arXiv:2406.00922; github.com/stellalisy/mediQ (CC BY 4.0).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

from cotfaith.datasets.choices import choice_example
from cotfaith.datasets.corpus import Corpus, RealDataset
from cotfaith.datasets.intake import Convention
from cotfaith.datasets.rows import Row, RowError, clean, columns_of
from cotfaith.datasets.sources import Hub, Source, SplitNames, gather
from cotfaith.types import Example

NAMES: SplitNames = {
    "train": "train",
    "dev": "val",
    "validation": "val",
    "test": "test",
    "phrases_no_exclude_train": "train",
    "phrases_no_exclude_dev": "val",
    "phrases_no_exclude_test": "test",
}


@dataclass(frozen=True, kw_only=True)
class MedQA(RealDataset):
    """The official splits; on the hub there is no dev split, and validation is carved from train.

    path: a file, or a folder with train, dev and test files; None: the hub. seed: of the carving and of what a limit keeps.
    """

    name: ClassVar[str] = "medqa"
    repo: str
    revision: str

    @cached_property
    def corpus(self) -> Corpus:
        sources = gather(self.path, Hub(self.repo, self.revision, None), NAMES)
        return self.assembled(self.name, sources, _decide)


def _decide(source: Source) -> Convention:
    found = columns_of(source.rows)
    if not {"question", "options", "answer_idx"} <= found:
        expected = "question, options and answer_idx of MedQA (mediQ's files have context as well)"
        raise ValueError(f"{source.label}: expected the columns {expected}, found {sorted(found)}")
    if "context" in found:
        return Convention("mediQ: the stem is context and question", _mediq_example)
    return Convention("upstream: question, options, answer_idx", lambda row: _example(row, row.text("question")))


def _mediq_example(row: Row) -> Example:
    context = row.columns.get("context")
    if not isinstance(context, list) or not all(isinstance(sentence, str) for sentence in context):
        raise RowError("context", context, "a list of sentences")
    return _example(row, " ".join([*(clean(sentence) for sentence in context), row.text("question")]))


def _example(row: Row, stem: str) -> Example:
    options = row.columns.get("options")
    if not isinstance(options, dict):
        raise RowError("options", options, "an object with options by letter")
    # Parquet gives every row the letters of all rows, with null for those it has not.
    texts = [(letter, text) for letter, text in sorted(options.items()) if text is not None]
    letters = [letter for letter, _ in texts]
    if len(letters) < 2 or letters != [chr(ord("A") + place) for place in range(len(letters))]:
        raise RowError("options", options, "two or more options lettered from A on")
    if bad := [letter for letter, text in texts if not isinstance(text, str) or not clean(text)]:
        raise RowError("options", options, f"text for every option, which {bad[0]} has not")
    right = row.text("answer_idx")
    if right not in letters:
        raise RowError("answer_idx", right, f"one of the letters {', '.join(letters)}")
    named = row.columns.get("answer")
    if isinstance(named, str) and clean(named) != clean(options[right]):
        raise RowError("answer", named, f"the text of option {right}, {clean(options[right])!r}")
    return choice_example(MedQA.name, stem, [(f"options.{letter}", clean(text)) for letter, text in texts], letters.index(right))
