r"""GSM8K: grade-school word problems with worked solutions; 7,473 to train on, 1,319 to test on.

One row, in the upstream file and on the hub alike:

    question  "Natalia sold clips to 48 of her friends in April, and then she sold half as many clips in May. How many ..."
    answer    "Natalia sold 48/2 = <<48/2=24>>24 clips in May.\nNatalia sold 48+24 = <<48+24=72>>72 clips ...\n#### 72"

Source: Cobbe et al. 2021, arXiv:2110.14168; github.com/openai/grade-school-math (MIT), hub openai/gsm8k, config main (MIT).
A step is a line of the solution. The calculator marks <<...>> are taken out: nothing calculates for a model that is fine-tuned here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

from cotfaith.datasets.chains import as_chain
from cotfaith.datasets.corpus import Corpus, RealDataset
from cotfaith.datasets.intake import Convention
from cotfaith.datasets.rows import Row, RowError, columns_of
from cotfaith.datasets.sources import Hub, Source, SplitNames, gather
from cotfaith.datasets.splits import content_uid
from cotfaith.text.numbers import canonical_number
from cotfaith.types import Example

NAMES: SplitNames = {"train": "train", "test": "test"}
_MARK = re.compile(r"<<[^<>]*>>")


@dataclass(frozen=True, kw_only=True)
class GSM8K(RealDataset):
    """The official test split; validation is carved from the training file.

    path: a file, or a folder with train.jsonl and test.jsonl; None: the hub. seed: of the carving and of what a limit keeps.
    """

    name: ClassVar[str] = "gsm8k"
    repo: str
    revision: str

    @cached_property
    def corpus(self) -> Corpus:
        sources = gather(self.path, Hub(self.repo, self.revision, "main"), NAMES)
        return self.assembled(self.name, sources, _decide)


def _decide(source: Source) -> Convention:
    found = columns_of(source.rows)
    if not {"question", "answer"} <= found:
        raise ValueError(f"{source.label}: expected the columns question and answer of GSM8K, found {sorted(found)}")
    return Convention("question, answer ending in '#### N'", _example)


def _example(row: Row) -> Example:
    solution, mark, end = row.text("answer").rpartition("####")
    answer = canonical_number(end)
    if not mark or answer is None:
        raise RowError("answer", row.columns["answer"], "a solution that ends with '####' and a number")
    question = row.text("question")
    return Example(content_uid(GSM8K.name, question), question, answer, as_chain(_MARK.sub("", solution).split("\n")))
