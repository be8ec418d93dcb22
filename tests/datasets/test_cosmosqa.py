"""CosmosQA: labels as text and as numbers, passages in one split."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from cotfaith.datasets.cosmosqa import CosmosQA

Put = Callable[..., Path]
Records = Mapping[str, Callable[[int], dict[str, Any]]]


def cosmosqa(path: Path, on_bad_row: Any = "error") -> CosmosQA:
    return CosmosQA(path=str(path), repo="r", revision="v", limit=None, seed=0, on_bad_row=on_bad_row)


def test_the_passage_stands_above_the_question(put: Put, record: Records) -> None:
    (example,) = cosmosqa(put("x.csv", [record["cosmosqa"](n) for n in range(3)])).load("test")
    assert example.question.splitlines()[1] == "Why did he stay at home ?"
    assert example.choices[3] == "None of the above choices ."


def test_labels_of_the_csv_and_of_the_hub_mean_the_same(put: Put, record: Records) -> None:
    rows = [record["cosmosqa"](n) for n in range(8)]
    as_text, as_number = put("x.csv", rows), put("x.jsonl", [row | {"label": int(row["label"])} for row in rows])
    assert list(cosmosqa(as_text).load("train")) == list(cosmosqa(as_number).load("train"))


def test_questions_about_one_passage_are_carved_into_one_split(put: Put, record: Records) -> None:
    rows = [record["cosmosqa"](n) | {"context": f"Passage {n // 4} ."} for n in range(80)]
    dataset = cosmosqa(put("x.csv", rows))
    passages = [{e.question.splitlines()[0] for e in examples} for examples in (dataset.load("train"), dataset.load("val"), dataset.load("test"))]
    assert sum(len(found) for found in passages) == 20


@pytest.mark.parametrize("on_bad_row", ["error", "drop"])
def test_the_hidden_test_set_is_refused_by_what_it_is(put: Put, record: Records, on_bad_row: str) -> None:
    file = put("test.csv", [record["cosmosqa"](n) | {"label": "-1"} for n in range(4)])
    with pytest.raises(ValueError, match=r"column 'label': expected a label from 0 to 3 \(-1 or nothing: a test set without labels\), found '-1'"):
        cosmosqa(file, on_bad_row).load("test")


def test_an_empty_option_is_bad(put: Put, record: Records) -> None:
    file = put("x.csv", [record["cosmosqa"](n) | {"answer2": " " if n == 2 else f"{n}"} for n in range(4)])
    with pytest.raises(ValueError, match="row 3, column 'answer2': expected text, found ' '"):
        cosmosqa(file).load("test")


def test_labels_that_count_from_one_are_refused(put: Put, record: Records) -> None:
    rows = [record["cosmosqa"](n) | {"label": n % 4 + 1} for n in range(8)]
    with pytest.raises(ValueError, match=r"expected a label that counts from 0, .*found \['1', '2', '3', '4'\]"):
        cosmosqa(put("x.jsonl", rows), "drop").load("test")
