"""A user's own file: every documented column, and what cannot be meant."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cotfaith.datasets.jsonl import JsonLines
from cotfaith.types import Example

Put = Callable[..., Path]
OTHERS = [{"question": f"{n}?", "answer": n} for n in range(4)]
ANIMALS = {"question": "Which is a mammal?", "choices": ["trout", "whale"]}


def jsonl(path: Path, **options: Any) -> JsonLines:
    settings: dict[str, Any] = {"limit": None, "seed": 0, "on_bad_row": "error"}
    return JsonLines(name="jsonl", path=str(path), **settings | options)


def read(put: Put, **columns: Any) -> Example:
    """The example of one row among others."""
    row = {"question": "How many?", "answer": 1} | columns
    dataset = jsonl(put("mine.jsonl", [row, *OTHERS]))
    return next(e for e in [*dataset.load("train"), *dataset.load("val"), *dataset.load("test")] if e.question == row["question"])


@pytest.mark.parametrize(("given", "answer"), [(42, "42"), (3.50, "3.5"), ("$1,234.00", "1234"), ("-7", "-7")])
def test_a_number_is_made_canonical(put: Put, given: object, answer: str) -> None:
    assert read(put, answer=given).answer == answer


@pytest.mark.parametrize("given", ["B", "b", "whale", " Whale."])
def test_an_option_is_named_by_letter_or_text(put: Put, given: str) -> None:
    assert read(put, **ANIMALS, answer=given).answer == "B"


@pytest.mark.parametrize("chain", [["Two.", " And two\nmore. "], "Two. And two more.", "Two.\n\nAnd two more.\n"])
def test_a_chain_is_a_list_of_steps_or_a_text(put: Put, chain: object) -> None:
    assert read(put, chain=chain).chain == ("Two.\n", "And two more.\n")


@pytest.mark.parametrize(("chain", "read_as"), [(None, None), ("", None), ([], ())])
def test_a_chain_may_be_missing_which_is_not_a_chain_of_no_steps(put: Put, chain: object, read_as: object) -> None:
    assert read(put, chain=chain).chain == read_as


def test_a_formula_may_be_the_answer(put: Put) -> None:
    assert read(put, answer=r"1+\sqrt{8}").answer == "1 + 2*sqrt(2)"


def test_a_uid_of_ones_own_is_kept(put: Put) -> None:
    assert read(put, uid="animals/17").uid == "animals/17"


def test_a_split_column_decides(put: Put) -> None:
    named = ["train", "Train ", "validation", "test"]
    dataset = jsonl(put("mine.jsonl", [row | {"split": split} for row, split in zip(OTHERS, named, strict=True)]))
    told: Any = dataset.provenance()
    assert [{e.question for e in dataset.load(split)} for split in ("train", "val", "test")] == [{"0?", "1?"}, {"2?"}, {"3?"}]  # type: ignore[arg-type]  # a tuple's items
    assert {split["from"] for split in told["splits"].values()} == {"official"}


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"answer": "yes"}, "column 'answer': expected a number or a formula, as there are no choices, found 'yes'"),
        ({"answer": True}, "column 'answer': expected text, found True"),
        (ANIMALS | {"answer": "C"}, "column 'answer': expected one of the letters A, B or the text of an option, found 'C'"),
        (
            ANIMALS | {"choices": ["B", "A"], "answer": "A"},
            "column 'answer': expected what names one option and not, by letter and by text, several, found 'A'",
        ),
        (ANIMALS | {"choices": "trout, whale", "answer": "A"}, "column 'choices': expected a list of texts"),
        (ANIMALS | {"choices": ["trout", ""], "answer": "A"}, "column 'choices': expected a list of texts, none of them empty"),
        ({"chain": [1, 2]}, "column 'chain': expected a list of texts"),
        ({"split": "holdout"}, "column 'split': expected train, val or test, found 'holdout'"),
        ({"question": " "}, "column 'question': expected text, found ' '"),
        ({"uid": ["x"]}, r"column 'uid': expected text, found \['x'\]"),
    ],
)
def test_a_bad_row_is_named_by_column_and_value(put: Put, columns: dict[str, Any], message: str) -> None:
    rows = [{"question": "How many?", "answer": 1} | columns, *(row | ({"split": "train"} if "split" in columns else {}) for row in OTHERS)]
    with pytest.raises(ValueError, match=rf"mine\.jsonl, row 1, {message}"):
        jsonl(put("mine.jsonl", rows)).load("train")


def test_a_split_in_some_rows_only_is_bad_in_the_others(put: Put) -> None:
    with pytest.raises(ValueError, match=r"row 2, column 'split': expected train, val or test, found None; and 2 more of 4 rows"):
        jsonl(put("mine.jsonl", [OTHERS[0] | {"split": "train"}, *OTHERS[1:]])).load("train")


def test_one_uid_for_two_questions_is_refused(put: Put) -> None:
    with pytest.raises(ValueError, match="column 'uid': expected a uid that no other question has, found 'same'"):
        jsonl(put("mine.jsonl", [row | {"uid": "same"} for row in OTHERS])).load("train")


def test_columns_that_are_not_read_are_named_in_the_provenance(put: Put) -> None:
    told: Any = jsonl(put("mine.jsonl", [row | {"level": 3} for row in OTHERS])).provenance()
    assert told["sources"][0]["read_as"] == "columns question, answer; not read: level"
