"""MedQA: upstream's and mediQ's columns, the letter checked against the text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pyarrow
import pytest
from pyarrow import parquet

from cotfaith.datasets.medqa import MedQA
from cotfaith.types import Example

Put = Callable[..., Path]
Records = Mapping[str, Callable[[int], dict[str, Any]]]


def read(file: Path) -> tuple[dict[str, Example], Any]:
    dataset = MedQA(path=str(file), repo="r", revision="v", limit=None, seed=0, on_bad_row="error")
    examples = [*dataset.load("train"), *dataset.load("val"), *dataset.load("test")]
    return {example.question: example for example in examples}, dataset.provenance()


def test_options_are_choices_in_the_order_of_their_letters(put: Put, record: Records) -> None:
    rows = [record["medqa"](n) for n in range(4)]
    rows[2]["options"] = dict(reversed(rows[2]["options"].items()))
    examples, told = read(put("x.jsonl", rows))
    example = examples["Patient 2 coughs. Which drug helps?"]
    assert (example.choices, example.answer) == (("drug 2a", "drug 2b", "drug 2c", "drug 2d"), "C")
    assert told["sources"][0]["read_as"] == "upstream: question, options, answer_idx"


def test_the_case_of_a_mediq_row_stands_before_its_question(put: Put, record: Records) -> None:
    rows = [record["medqa"](n) | {"context": ["A man coughs.", " He smokes. "], "question": f"Which drug {n}?"} for n in range(4)]
    examples, told = read(put("x.jsonl", rows))
    assert "A man coughs. He smokes. Which drug 1?" in examples
    assert told["sources"][0]["read_as"].startswith("mediQ")


def test_five_options_and_four_may_stand_in_one_parquet_file(put: Put, record: Records, tmp_path: Path) -> None:
    rows = [record["medqa"](n) for n in range(4)]
    rows[0]["options"]["E"] = "rest"
    parquet.write_table(pyarrow.Table.from_pylist(rows), tmp_path / "x.parquet")  # the others get an "E" of null
    examples, _ = read(tmp_path / "x.parquet")
    assert sorted(len(example.choices) for example in examples.values()) == [4, 4, 4, 5]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"answer_idx": "E"}, "column 'answer_idx': expected one of the letters A, B, C, D, found 'E'"),
        ({"answer": "tea"}, "column 'answer': expected the text of option A, 'drug 0a', found 'tea'"),
        ({"options": ["a", "b"]}, "column 'options': expected an object with options by letter"),
        ({"options": {"A": "drug 0a", "C": "c"}}, "column 'options': expected two or more options lettered from A on"),
        ({"options": {"A": "drug 0a", "B": " "}}, "column 'options': expected text for every option, which B has not"),
        ({"options": {"A": "drug 0a", "B": "Drug 0a."}}, r"column 'options\.A': expected a right option that no other one repeats"),
        ({"question": None}, "column 'question': expected text, found None"),
    ],
)
def test_a_bad_row_is_named_by_column_and_value(put: Put, record: Records, wrong: dict[str, Any], message: str) -> None:
    file = put("x.jsonl", [record["medqa"](0) | wrong, *[record["medqa"](n) for n in range(1, 5)]])
    with pytest.raises(ValueError, match=rf"x\.jsonl, row 1, {message}"):
        read(file)


def test_a_context_that_is_no_list_is_bad(put: Put, record: Records) -> None:
    file = put("x.jsonl", [record["medqa"](n) | {"context": ["a"] if n else "a"} for n in range(4)])
    with pytest.raises(ValueError, match="row 1, column 'context': expected a list of sentences, found 'a'"):
        read(file)
