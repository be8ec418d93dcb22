"""Who gets which example: no question twice, missing splits carved, what belongs together kept together."""

from __future__ import annotations

import pytest

from cotfaith.datasets.intake import Item
from cotfaith.datasets.splits import carve, content_uid, sift
from cotfaith.types import Example, Split


def item(question: str, answer: str = "1", split: Split | None = None, *, row: int = 1, together: str | None = None, uid: str | None = None) -> Item:
    example = Example(uid or content_uid("x", question), question, answer)
    return Item(example, split, "file", row, together or example.uid)


def choice(choices: tuple[str, ...], answer: str) -> Item:
    return Item(Example(content_uid("x", "Which?", choices), "Which?", answer, (), choices), None, "file", 1, "")


def numbered(count: int, split: Split | None = None) -> list[Item]:
    return [item(f"{split} {n}?", split=split) for n in range(count)]


def test_a_question_of_two_splits_belongs_to_the_more_protected_one_and_is_counted() -> None:
    items = [item("a?", split="train"), item("a?", split="val"), item("A?  ", split="test"), item("b?", split="train"), item("b?", split="val")]
    sifted = sift(items)
    assert {split: [i.example.question for i in kept] for split, kept in sifted.by_split.items()} == {"test": ["A?  "], "val": ["b?"]}
    assert sifted.overlaps == {"train in test": 1, "val in test": 1, "train in val": 1}


def test_a_copy_inside_a_split_is_left_out_and_counted() -> None:
    sifted = sift([item("a?"), item("a?", row=2), item("b?")])
    assert (len(sifted.by_split[None]), sifted.duplicates, sifted.bad) == (2, 1, [])


def test_the_same_options_in_another_order_are_the_same_question() -> None:
    assert sift([choice(("yes", "no"), "A"), choice(("no", "Yes"), "B")]).duplicates == 1


def test_the_same_question_with_two_answers_is_bad_in_both_rows() -> None:
    sifted = sift([item("a?", "1", row=3), item("a?", "2", row=8), item("b?")])
    assert [str(bad) for bad in sifted.bad] == [
        "file, row 3, column 'answer': expected the answer '2', which row 8 of file gives to the same question, found '1'",
        "file, row 8, column 'answer': expected the answer '1', which row 3 of file gives to the same question, found '2'",
    ]
    assert len(sifted.by_split[None]) == 1


def test_one_uid_for_two_questions_is_bad_in_both_rows() -> None:
    sifted = sift([item("a?", uid="same", row=1), item("b?", uid="same", row=2), item("c?")])
    assert [(bad.row, bad.column) for bad in sifted.bad] == [(1, "uid"), (2, "uid")]
    assert len(sifted.by_split[None]) == 1


def test_official_splits_stay_as_they_are() -> None:
    splits, origins = carve({"train": numbered(8, "train"), "val": numbered(2, "val"), "test": numbered(3, "test")}, 0)
    assert {split: len(examples) for split, examples in splits.items()} == {"train": 8, "val": 2, "test": 3}
    assert set(origins.values()) == {"official"}


@pytest.mark.parametrize(
    ("given", "sizes"),
    [
        ({None: 100}, (80, 10, 10)),
        ({"train": 100}, (80, 10, 10)),
        ({"train": 100, "test": 7}, (90, 10, 7)),
        ({"train": 100, "val": 7}, (90, 7, 10)),
        ({"val": 100, "test": 7}, (80, 20, 7)),
        ({"test": 100}, (80, 10, 10)),
        ({None: 3}, (1, 1, 1)),
        ({"train": 10_001}, (8001, 1000, 1000)),
        ({"train": 3}, (1, 1, 1)),
        ({"train": 2, "test": 1}, (1, 1, 1)),
    ],
)
def test_missing_splits_are_carved_out_of_training_or_the_first_there_is(given: dict[Split | None, int], sizes: tuple[int, int, int]) -> None:
    splits, _ = carve({split: numbered(count, split) for split, count in given.items()}, 0)
    assert tuple(len(splits[split]) for split in ("train", "val", "test")) == sizes


@pytest.mark.parametrize("given", [{None: 2}, {"train": 2}, {"train": 1, "test": 9}, {}])
def test_too_few_examples_to_carve_from_are_refused(given: dict[Split | None, int]) -> None:
    with pytest.raises(ValueError, match="dataset: expected examples enough for . splits"):
        carve({split: numbered(count, split) for split, count in given.items()}, 0)


def test_carving_names_its_source_its_share_and_its_seed() -> None:
    _, origins = carve({"train": numbered(100, "train"), "test": numbered(1, "test")}, 7)
    assert origins["val"] == "carved from train: 10 of 100 examples, by hash of seed 7"


def test_what_belongs_together_is_not_carved_apart() -> None:
    items = [item(f"{passage} {n}?", together=str(passage)) for passage in range(30) for n in range(3)]
    splits, _ = carve({None: items}, 0)
    passages = [{example.question.split()[0] for example in examples} for examples in splits.values()]
    assert sum(len(found) for found in passages) == len(set().union(*passages)) == 30


def test_another_seed_carves_other_examples() -> None:
    first, second = (carve({None: numbered(100)}, seed)[0]["test"] for seed in (0, 1))
    assert {e.uid for e in first} != {e.uid for e in second}
