"""What every dataset in conf/dataset keeps: sizes, uids, splits apart, canonical answers, seeds. No network."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from hydra.utils import instantiate
from omegaconf import OmegaConf

from cotfaith.text.answers import canonical_number
from cotfaith.types import Dataset, Example, Split

FILES = sorted((Path(__file__).resolve().parents[2] / "conf" / "dataset").glob("*.yaml"))
SIZES: dict[Split, int] = {"train": 40, "val": 15, "test": 25}


def make(path: Path, **options: Any) -> Dataset:
    """The dataset of one file, in small."""
    small = {f"{split}_size": size for split, size in SIZES.items()} | {"seed": 3}
    dataset: Dataset = instantiate(OmegaConf.load(path), _convert_="all", **(small | options))
    return dataset


def questions(examples: Iterable[Example]) -> set[tuple[str, ...]]:
    return {(example.question, *example.choices) for example in examples}


every_dataset = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
every_split = pytest.mark.parametrize("split", SIZES)


def test_there_are_datasets_to_hold_to_the_contract() -> None:
    assert {path.stem for path in FILES} >= {"arithmetic", "shortcut", "recall", "commonsense"}


@every_dataset
def test_a_dataset_is_named_as_its_file(path: Path) -> None:
    assert make(path).name == path.stem


@every_dataset
@every_split
def test_a_split_has_the_size_that_was_asked_for(path: Path, split: Split) -> None:
    assert len(make(path).load(split)) == SIZES[split]


@every_dataset
def test_no_uid_occurs_twice_in_all_splits(path: Path) -> None:
    uids = [example.uid for split in SIZES for example in make(path).load(split)]
    assert len(set(uids)) == sum(SIZES.values())


@every_dataset
def test_no_question_occurs_twice_in_all_splits(path: Path) -> None:
    found = [questions([example]) for split in SIZES for example in make(path).load(split)]
    assert len(set().union(*found)) == sum(SIZES.values())


@every_dataset
@every_split
def test_an_answer_is_canonical(path: Path, split: Split) -> None:
    for example in make(path).load(split):
        letters = {chr(ord("A") + place) for place in range(len(example.choices))}
        assert example.answer in (letters or {canonical_number(example.answer)})


@every_dataset
@every_split
def test_a_step_of_a_gold_chain_is_a_line(path: Path, split: Split) -> None:
    steps = [step for example in make(path).load(split) for step in example.chain]
    assert [step for step in steps if not step.strip() or step.count("\n") != 1 or not step.endswith("\n")] == []


@every_dataset
@every_split
def test_the_same_seed_gives_the_same_examples_uids_included(path: Path, split: Split) -> None:
    dataset = make(path)
    assert list(dataset.load(split)) == list(dataset.load(split)) == list(make(path).load(split))


@every_dataset
@every_split
def test_another_seed_gives_other_examples(path: Path, split: Split) -> None:
    ours, theirs = make(path).load(split), make(path, seed=4).load(split)
    assert questions(ours) != questions(theirs)
    assert not {example.uid for example in ours} & {example.uid for example in theirs}


@every_dataset
@pytest.mark.parametrize("split", ["val", "test"])
def test_what_is_measured_does_not_depend_on_the_training_size(path: Path, split: Split) -> None:
    assert list(make(path, train_size=5).load(split)) == list(make(path, train_size=90).load(split))


@every_dataset
def test_a_smaller_test_split_is_the_beginning_of_a_larger_one(path: Path) -> None:
    assert list(make(path, test_size=10).load("test")) == list(make(path, test_size=20).load("test"))[:10]


@every_dataset
@every_split
@pytest.mark.parametrize("size", [0, -1])
def test_a_split_without_examples_is_refused_by_the_name_of_its_option(path: Path, split: Split, size: int) -> None:
    with pytest.raises(ValueError, match=rf"{split}_size: expected a positive number of examples, got {size}"):
        make(path, **{f"{split}_size": size}).load(split)


@every_dataset
def test_a_split_that_is_not_loaded_may_be_empty(path: Path) -> None:
    assert len(make(path, train_size=0, val_size=0).load("test")) == SIZES["test"]


@every_dataset
def test_an_unknown_split_is_refused(path: Path) -> None:
    with pytest.raises(ValueError, match="split: expected one of"):
        make(path).load("dev")  # type: ignore[arg-type]  # the mistake under test
