"""Your own data: one question per line, with a number or one of several options as its answer.

One row, with all the columns there are; only the first two are needed:

    question  "Which of these is a mammal?"
    answer    "B"                       a number or a formula, a letter, or the text of an option
    choices   ["trout", "whale"]        without them the answer must be a number or a formula such as "\\frac{1}{2}"
    chain     ["Whales nurse their young.", "So a whale is a mammal."]     steps, or one text that is split into steps
    uid       "animals/17"              otherwise made from the question and its choices
    split     "train"                   train, val (also dev, validation) or test: in every row or in none

Source: yours. The file may also be a JSON list, parquet or csv (a csv has no lists, hence no choices), gzipped or not, or a folder with
files named train, val and test.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from cotfaith.datasets.chains import as_chain
from cotfaith.datasets.choices import choice_example
from cotfaith.datasets.corpus import Corpus, RealDataset
from cotfaith.datasets.intake import Convention
from cotfaith.datasets.rows import Row, RowError, clean, columns_of
from cotfaith.datasets.sources import Source, SplitNames, find
from cotfaith.datasets.splits import content_uid, plain
from cotfaith.text.answers import canonical_answer
from cotfaith.text.steps import split_steps
from cotfaith.types import Chain, Example, Split

NAMES: SplitNames = {"train": "train", "val": "val", "dev": "val", "valid": "val", "validation": "val", "test": "test"}
_COLUMNS = ("question", "answer", "choices", "chain", "uid", "split")


@dataclass(frozen=True, kw_only=True)
class JsonLines(RealDataset):
    """A file or folder of your own; splits by column, by file name, or carved.

    name: of the dataset, in uids, scores and folders. seed: of the carving and of what a limit keeps.
    """

    name: str
    path: str

    @cached_property
    def corpus(self) -> Corpus:
        sources = [part for source in find(Path(self.path), NAMES) for part in _by_column(source)]
        return self.assembled(self.name, sources, self._decide)

    def _decide(self, source: Source) -> Convention:
        found = columns_of(source.rows)
        if not {"question", "answer"} <= found:
            optional = ", ".join(_COLUMNS[2:])
            raise ValueError(f"{source.label}: expected the columns question and answer (and may have {optional}), found {sorted(found)}")
        extra = sorted(found - set(_COLUMNS))
        read = f"columns {', '.join(c for c in _COLUMNS if c in found)}" + (f"; not read: {', '.join(extra)}" if extra else "")
        return Convention(read, lambda row: _example(row, self.name))


def _by_column(source: Source) -> list[Source]:
    """The source, parted by its `split` column where it has one; what names no split becomes a bad row."""
    if "split" not in columns_of(source.rows):
        return [source]
    parts: dict[Split | None, list[Row]] = {}
    for row in source.rows:
        named = row.columns.get("split")
        split = NAMES.get(named.strip().lower()) if isinstance(named, str) else None
        if split is None and row.problem is None:
            row = replace(row, problem=RowError("split", named, "train, val or test"))
        parts.setdefault(split, []).append(row)
    return [replace(source, split=split, rows=rows, facts={**source.facts, "rows": len(rows)}) for split, rows in parts.items()]


def _example(row: Row, name: str) -> Example:
    question, choices, chain = row.text("question"), _texts(row, "choices"), _chain(row)
    if choices:
        columns = [(f"choices.{place}", choice) for place, choice in enumerate(choices)]
        example = choice_example(name, question, columns, _place(row, choices), chain)
    else:
        answer = canonical_answer(row.text("answer"))
        if answer is None:
            raise RowError("answer", row.columns["answer"], "a number or a formula, as there are no choices")
        example = Example(content_uid(name, question), question, answer, chain)
    return example if row.columns.get("uid") is None else replace(example, uid=row.text("uid"))


def _place(row: Row, choices: Sequence[str]) -> int:
    """The option that the answer names, by its letter or by its text; one that names two, as "A" among ("B", "A"), is bad."""
    answer = row.text("answer")
    letters = [chr(ord("A") + place) for place in range(len(choices))]
    by_text = [place for place, choice in enumerate(choices) if plain(choice) == plain(answer)]
    named = {*by_text, *([letters.index(answer.upper())] if answer.upper() in letters else [])}
    if len(named) != 1:
        several = "what names one option and not, by letter and by text, several"
        raise RowError("answer", answer, several if named else f"one of the letters {', '.join(letters)} or the text of an option")
    return named.pop()


def _texts(row: Row, column: str) -> list[str]:
    """A list of texts, [] where there is none."""
    value = row.columns.get(column)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(text, str) and clean(text) for text in value):
        raise RowError(column, value, "a list of texts, none of them empty")
    return [clean(text) for text in value]


def _chain(row: Row) -> Chain | None:
    value = row.columns.get("chain")
    if value is None or value == "":  # how a csv writes nothing; [] is a chain of no steps
        return None
    return as_chain(split_steps(clean(value)) if isinstance(value, str) else _texts(row, "chain"))
