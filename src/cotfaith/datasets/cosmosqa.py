"""CosmosQA: a passage from a blog, a question about what it does not say, four options; 25,262 to train on, 2,985 in dev.

One row of the upstream file; in the hub's copy `label` is an integer:

    context            "Do i need to go for a legal divorce ? I wanted to marry a woman but she is not in the same religion , ..."
    question           "Why is this person asking about divorce ?"
    answer0 .. answer3 "If he gets married in the church he wo nt have to get a divorce .", ..., "None of the above choices ."
    label              "1"               counts from 0

Source: Huang et al. 2019, arXiv:1909.00277; github.com/wilburOne/cosmosqa, hub allenai/cosmos_qa (CC BY 4.0).
The official test set has no labels (-1): the official dev set is our test split, and validation is carved from train. In 73 % of the
dev questions an option is "None of the above choices ."; it may be the right one, and stays where it stands.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

from cotfaith.datasets.choices import choice_example, label, whole
from cotfaith.datasets.corpus import Corpus, RealDataset
from cotfaith.datasets.intake import Convention
from cotfaith.datasets.rows import Row, columns_of
from cotfaith.datasets.sources import Hub, Source, SplitNames, gather
from cotfaith.types import Example

NAMES: SplitNames = {"train": "train", "valid": "test", "dev": "test", "validation": "test", "test": None}
_OPTIONS = ("answer0", "answer1", "answer2", "answer3")


@dataclass(frozen=True, kw_only=True)
class CosmosQA(RealDataset):
    """The official dev set as test split; validation is carved from the training file.

    path: a file, or a folder with train.csv and valid.csv; None: the hub. seed: of the carving and of what a limit keeps.
    """

    name: ClassVar[str] = "cosmosqa"
    repo: str
    revision: str

    @cached_property
    def corpus(self) -> Corpus:
        sources = gather(self.path, Hub(self.repo, self.revision, None), NAMES)
        return self.assembled(self.name, sources, _decide)


def _decide(source: Source) -> Convention:
    found = columns_of(source.rows)
    if not {"context", "question", *_OPTIONS, "label"} <= found:
        expected = ", ".join(("context", "question", *_OPTIONS, "label"))
        raise ValueError(f"{source.label}: expected the columns {expected} of CosmosQA, found {sorted(found)}")
    labels = {whole(row.columns.get("label")) for row in source.rows}
    if "4" in labels and "0" not in labels:
        raise ValueError(f"{source.label}: expected a label that counts from 0, as upstream and on the hub, found {sorted(labels)[:8]}")
    return Convention("label counts from 0", _example, together=_passage)


def _passage(example: Example) -> str:
    """Questions about one passage go to one split."""
    return example.question.rpartition("\n")[0]


def _example(row: Row) -> Example:
    options = [(column, row.text(column)) for column in _OPTIONS]
    question = " ".join(row.text("question").split())  # one line: the passage ends where it begins
    return choice_example(CosmosQA.name, f"{row.text('context')}\n{question}", options, label(row, "label", 0, len(options)))
