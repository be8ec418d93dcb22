"""MedMCQA: whether `cop` counts from 0 or from 1 is read off the file, never guessed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from cotfaith.datasets.medmcqa import MedMCQA
from cotfaith.types import Example

Put = Callable[..., Path]
Records = Mapping[str, Callable[[int], dict[str, Any]]]


def medmcqa(path: Path, **options: Any) -> MedMCQA:
    settings: dict[str, Any] = {"repo": "r", "revision": "v", "limit": None, "seed": 0, "on_bad_row": "error"}
    return MedMCQA(path=str(path), **settings | {"explanations": False, "cop_counts_from": None} | options)


def examples(dataset: MedMCQA) -> dict[str, Example]:
    return {e.question: e for e in [*dataset.load("train"), *dataset.load("val"), *dataset.load("test")]}


@pytest.mark.parametrize("first", [0, 1])
def test_upstream_and_the_hub_give_the_same_examples(put: Put, record: Records, first: int) -> None:
    dataset = medmcqa(put("x.json", [record["medmcqa"](n) | {"cop": n % 4 + first} for n in range(8)]))
    told: Any = dataset.provenance()
    assert {question: e.answer for question, e in examples(dataset).items()} == {f"Bone number {n} is:": "ABCD"[n % 4] for n in range(8)}
    assert told["sources"][0]["read_as"] == f"cop counts from {first}"


@pytest.mark.parametrize(
    ("cops", "found"),
    [
        ((1, 2, 3, 1), r"\{'1': 2, '2': 1, '3': 1\}"),
        ((0, 4, 1, 2), r"\{'0': 1, '1': 1, '2': 1, '4': 1\}"),
        ((0, *(1, 2, 3) * 10), r"\{'0': 1, '1': 10, '2': 10, '3': 10\}"),  # a stray 0 in a file that counts from 1
    ],
)
def test_a_file_that_does_not_tell_is_refused_with_what_was_seen(put: Put, record: Records, cops: tuple[int, ...], found: str) -> None:
    file = put("x.json", [record["medmcqa"](n) | {"cop": cop} for n, cop in enumerate(cops)])
    with pytest.raises(
        ValueError, match=rf"expected many a cop of 0 .* or many of 4 .*, found {found}; say which with dataset\.cop_counts_from=0 or =1"
    ):
        medmcqa(file).load("test")


def test_a_file_that_does_not_tell_is_read_as_the_user_says(put: Put, record: Records) -> None:
    file = put("x.json", [record["medmcqa"](n) | {"cop": 2} for n in range(4)])
    assert {e.answer for e in examples(medmcqa(file, cop_counts_from=0)).values()} == {"C"}
    assert {e.answer for e in examples(medmcqa(file, cop_counts_from=1)).values()} == {"B"}


def test_another_count_is_refused(put: Put, record: Records) -> None:
    with pytest.raises(ValueError, match=r"dataset\.cop_counts_from: expected 0, 1 or null, got 2"):
        medmcqa(put("x.json", [record["medmcqa"](0)]), cop_counts_from=2)


def test_the_test_file_without_answers_is_not_read(put: Put, record: Records, upstream: Callable[..., Path]) -> None:
    folder = upstream("medmcqa")
    (folder / "test.json").write_text('{"question": "unlabelled?"}\n')
    assert len(medmcqa(folder).load("test")) == 20  # dev


@pytest.mark.parametrize("cop", [-1, None, "a", 5, True])
def test_a_label_out_of_range_is_bad(put: Put, record: Records, cop: object) -> None:
    file = put("x.json", [*[record["medmcqa"](n) for n in range(4)], record["medmcqa"](4) | {"cop": cop}])
    with pytest.raises(ValueError, match="row 5, column 'cop': expected a label from 1 to 4"):
        medmcqa(file).load("test")


def test_two_equal_wrong_options_do_no_harm_and_a_repeated_right_one_is_bad(put: Put, record: Records) -> None:
    rows = [record["medmcqa"](n) for n in range(4)]
    assert len(examples(medmcqa(put("x.json", [rows[0] | {"opd": "bone 0c"}, *rows[1:]])))) == 4
    with pytest.raises(ValueError, match="row 1, column 'opa': expected a right option that no other one repeats, found 'bone 0a'"):
        medmcqa(put("y.json", [rows[0] | {"opd": "Bone 0a "}, *rows[1:]])).load("test")


def test_an_explanation_is_a_chain_only_where_asked_for(put: Put, record: Records) -> None:
    exp = "It holds the arm &amp; the hand. It is short. "
    file = put("x.json", [record["medmcqa"](n) | {"exp": exp if n == 0 else None} for n in range(4)])
    chains = [e.chain for e in examples(medmcqa(file, explanations=True)).values()]
    assert ("It holds the arm & the hand.\n", "It is short.\n") in chains
    assert chains.count(None) == 3
    assert {e.chain for e in examples(medmcqa(file)).values()} == {None}
