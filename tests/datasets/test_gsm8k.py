"""GSM8K: the worked solution as a chain, the answer behind the marks."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cotfaith.datasets.gsm8k import GSM8K
from cotfaith.types import Example

Put = Callable[..., Path]
OTHERS = [{"question": f"{n}?", "answer": f"Count.\n#### {n}"} for n in range(4)]


def gsm8k(path: Path, **options: Any) -> GSM8K:
    settings: dict[str, Any] = {"repo": "r", "revision": "v", "limit": None, "seed": 0, "on_bad_row": "error"}
    return GSM8K(path=str(path), **settings | options)


def read(put: Put, answer: str) -> Example:
    """The example of a question with this solution."""
    dataset = gsm8k(put("x.jsonl", [{"question": "How many?", "answer": answer}, *OTHERS]))
    return next(e for split in ("train", "val", "test") for e in dataset.load(split) if e.question == "How many?")  # type: ignore[arg-type]  # a tuple's items


def test_a_step_is_a_line_without_its_calculator_marks(put: Put) -> None:
    example = read(put, "She sold 48/2 = <<48/2=24>>24 clips.\n\nIn all $<<48+24=72>>72.  \n#### 72")
    assert example.chain == ("She sold 48/2 = 24 clips.\n", "In all $72.\n")


@pytest.mark.parametrize(("end", "answer"), [("1,234", "1234"), ("-5", "-5"), ("$12.50", "12.5"), (" 7 ", "7"), ("070", "70")])
def test_an_answer_is_canonical(put: Put, end: str, answer: str) -> None:
    assert read(put, f"So.\n#### {end}").answer == answer


@pytest.mark.parametrize("answer", ["no marks", "So.\n####", "So.\n#### many", "So.\n#### 1 or 2"])
def test_a_solution_without_a_number_at_its_end_is_bad(put: Put, answer: str) -> None:
    with pytest.raises(
        ValueError, match=r"x\.jsonl, row 1, column 'answer': expected a solution that ends with '####' and a number, found"
    ) as caught:
        read(put, answer)
    assert repr(answer) in str(caught.value)


def test_the_first_bad_row_is_named_with_the_number_of_others_and_the_way_out(put: Put) -> None:
    file = put("x.jsonl", [*OTHERS, {"question": "", "answer": "#### 1"}, {"question": "a", "answer": "1"}])
    with pytest.raises(ValueError, match=r"row 5, column 'question': expected text, found ''; and 1 more of 6 rows.*dataset\.on_bad_row=drop"):
        gsm8k(file).load("train")


def test_bad_rows_are_dropped_where_asked_counted_logged_and_listed(put: Put, caplog: pytest.LogCaptureFixture) -> None:
    file = put("x.jsonl", [*OTHERS, {"question": "", "answer": "#### 1"}])
    told: Any = gsm8k(file, on_bad_row="drop").provenance()
    assert told["bad_rows"] == {"dropped": 1, "listed": [{"file": str(file), "row": 5, "column": "question", "value": "''", "expected": "text"}]}
    assert "dataset gsm8k: dropped 1 of 5 rows" in caplog.text


def test_a_line_that_is_no_json_is_a_bad_row(put: Put) -> None:
    file = put("x.jsonl", OTHERS)
    file.write_text(file.read_text() + '{"question": "cut o')
    with pytest.raises(ValueError, match=r"x\.jsonl, row 5, column '\(line\)': expected JSON"):
        gsm8k(file).load("train")


def test_a_file_of_mostly_bad_rows_is_refused_even_where_they_may_be_dropped(put: Put) -> None:
    file = put("x.jsonl", [{"question": f"{n}?", "answer": "5" if n else "#### 5"} for n in range(10)])
    with pytest.raises(ValueError, match="and 8 more of 10 rows. More than half of the rows cannot be read"):
        gsm8k(file, on_bad_row="drop").load("train")


def test_questions_of_the_test_file_are_taken_out_of_training(put: Put) -> None:
    put("train.jsonl", [*OTHERS, {"question": "Both?", "answer": "#### 1"}])
    dataset = gsm8k(put("test.jsonl", [{"question": "Both? ", "answer": "#### 1"}]).parent)
    told: Any = dataset.provenance()
    assert [example.question for example in dataset.load("test")] == ["Both?"]
    assert told["overlaps_removed"] == {"train in test": 1}


def test_one_question_has_one_uid_whatever_the_file(put: Put) -> None:
    lines = put("a.jsonl", OTHERS)
    (as_list := lines.parent / "b.json").write_text(json.dumps(OTHERS[::-1]))
    uids = [{e.question: e.uid for split in ("train", "val", "test") for e in gsm8k(path).load(split)} for path in (lines, as_list)]  # type: ignore[arg-type]  # a tuple's items
    assert uids[0] == uids[1]
