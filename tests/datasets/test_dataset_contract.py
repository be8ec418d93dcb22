"""What every dataset in conf/dataset keeps: splits apart, uids, canonical answers, seeds, sizes, an account. No network.

A generated dataset is drawn small; one that reads files gets the tiny upstream folder that `conftest.FOLDERS` has for it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from hydra.utils import get_class
from omegaconf import OmegaConf

from cotfaith.text.numbers import canonical_number
from cotfaith.types import Dataset, Example, Split

FILES = sorted((Path(__file__).resolve().parents[2] / "conf" / "dataset").glob("*.yaml"))
GENERATED = [path for path in FILES if "train_size" in OmegaConf.load(path)]
REAL = [path for path in FILES if path not in GENERATED]
SIZES: dict[Split, int] = {"train": 40, "val": 15, "test": 25}
Make = Callable[..., Dataset]


def questions(examples: Iterable[Example]) -> set[tuple[str, ...]]:
    return {(example.question, *example.choices) for example in examples}


def examples_of(dataset: Dataset) -> list[Example]:
    return [example for split in SIZES for example in dataset.load(split)]


@pytest.fixture
def make(upstream: Callable[..., Path]) -> Make:
    """The dataset of one file of conf/dataset, in small."""

    def made(file: Path, *, backwards: bool = False, **options: Any) -> Dataset:
        small: dict[str, Any] = {f"{split}_size": size for split, size in SIZES.items()} | {"seed": 3}
        if file in REAL:
            small = {"path": str(upstream(file.stem, backwards=backwards)), "limit": None, "seed": 3}
        config: Any = OmegaConf.to_container(OmegaConf.load(file))
        dataset: Dataset = get_class(config.pop("_target_"))(**config | small | options)
        return dataset

    return made


def by_name(path: Path) -> str:
    return path.stem


every_dataset = pytest.mark.parametrize("path", FILES, ids=by_name)
every_generated = pytest.mark.parametrize("path", GENERATED, ids=by_name)
every_real = pytest.mark.parametrize("path", REAL, ids=by_name)
every_split = pytest.mark.parametrize("split", SIZES)


def test_there_are_datasets_to_hold_to_the_contract() -> None:
    assert {path.stem for path in GENERATED} >= {"arithmetic", "shortcut", "recall", "commonsense"}
    assert {path.stem for path in REAL} >= {"gsm8k", "medqa", "medmcqa", "cosmosqa", "jsonl"}


@every_dataset
def test_a_dataset_is_named_as_its_file(make: Make, path: Path) -> None:
    assert make(path).name == path.stem


@every_dataset
@every_split
def test_no_split_is_empty(make: Make, path: Path, split: Split) -> None:
    assert len(make(path).load(split)) > 0


@every_dataset
def test_no_uid_occurs_twice_in_all_splits(make: Make, path: Path) -> None:
    examples = examples_of(make(path))
    assert len({example.uid for example in examples}) == len(examples)


@every_dataset
def test_no_question_occurs_twice_in_all_splits(make: Make, path: Path) -> None:
    examples = examples_of(make(path))
    assert len(questions(examples)) == len(examples)


@every_dataset
@every_split
def test_an_answer_is_canonical(make: Make, path: Path, split: Split) -> None:
    for example in make(path).load(split):
        letters = {chr(ord("A") + place) for place in range(len(example.choices))}
        assert example.answer in (letters or {canonical_number(example.answer)})


@every_dataset
@every_split
def test_a_step_of_a_gold_chain_is_a_line(make: Make, path: Path, split: Split) -> None:
    steps = [step for example in make(path).load(split) for step in example.chain or ()]
    assert [step for step in steps if not step.strip() or step.count("\n") != 1 or not step.endswith("\n")] == []


@every_dataset
@every_split
def test_the_same_seed_gives_the_same_examples_uids_included(make: Make, path: Path, split: Split) -> None:
    dataset = make(path)
    assert list(dataset.load(split)) == list(dataset.load(split)) == list(make(path).load(split))


@every_dataset
def test_an_unknown_split_is_refused(make: Make, path: Path) -> None:
    with pytest.raises(ValueError, match="split: expected one of"):
        make(path).load("dev")  # type: ignore[arg-type]  # the mistake under test


@every_dataset
def test_the_provenance_is_plain_json_and_counts_the_examples_of_each_split(make: Make, path: Path) -> None:
    dataset = make(path)
    told: Any = dataset.provenance()
    assert json.loads(json.dumps(told)) == told
    assert {split: told["splits"][split]["examples"] for split in SIZES} == {split: len(dataset.load(split)) for split in SIZES}


@every_real
@every_split
def test_the_order_of_the_rows_changes_nothing(make: Make, path: Path, split: Split) -> None:
    assert list(make(path, backwards=True).load(split)) == list(make(path).load(split))


@every_real
@every_split
def test_a_limit_keeps_the_first_of_the_order_that_the_seed_gives(make: Make, path: Path, split: Split) -> None:
    whole = list(make(path).load(split))
    assert list(make(path, limit=3).load(split)) == list(make(path, limit={split: 3}).load(split)) == whole[:3]


@every_real
def test_a_limit_of_one_split_leaves_the_others_whole(make: Make, path: Path) -> None:
    assert list(make(path, limit={"val": 1}).load("train")) == list(make(path).load("train"))


@every_real
def test_another_seed_keeps_other_examples_under_a_limit(make: Make, path: Path) -> None:
    assert questions(make(path, limit=5).load("train")) != questions(make(path, limit=5, seed=4).load("train"))


@every_real
@pytest.mark.parametrize("limit", [0, -1, True, {"dev": 3}, {"val": 0}])
def test_a_limit_that_cannot_be_meant_is_refused(make: Make, path: Path, limit: Any) -> None:
    with pytest.raises(ValueError, match=r"dataset\.limit: expected"):
        make(path, limit=limit)


@every_real
def test_an_unknown_way_with_bad_rows_is_refused(make: Make, path: Path) -> None:
    with pytest.raises(ValueError, match=r"dataset\.on_bad_row: expected 'error' or 'drop', got 'skip'"):
        make(path, on_bad_row="skip")


@every_real
def test_a_path_to_nothing_is_refused_before_any_loading(make: Make, path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"dataset\.path=/no/such/file: expected a file or a folder, found nothing"):
        make(path, path="/no/such/file")


@every_real
def test_columns_of_another_dataset_are_refused_by_name(make: Make, path: Path, put: Callable[..., Path]) -> None:
    strange = put("strange.jsonl", [{"text": "a", "target": 1}] * 3)
    with pytest.raises(ValueError, match=r"strange\.jsonl: expected the columns .*, found \['target', 'text'\]"):
        make(path, path=str(strange)).load("test")


@every_real
def test_a_tenth_each_is_carved_from_a_single_file(make: Make, path: Path, upstream: Callable[..., Path]) -> None:
    single = next(upstream(path.stem).glob("train.*"))
    sizes = {split: len(make(path, path=str(single)).load(split)) for split in SIZES}
    assert sizes == ({"train": 48, "val": 6, "test": 6} if path.stem == "jsonl" else {"train": 32, "val": 4, "test": 4})


@every_generated
@every_split
def test_a_split_has_the_size_that_was_asked_for(make: Make, path: Path, split: Split) -> None:
    assert len(make(path).load(split)) == SIZES[split]


@every_generated
@every_split
def test_another_seed_gives_other_examples(make: Make, path: Path, split: Split) -> None:
    ours, theirs = make(path).load(split), make(path, seed=4).load(split)
    assert questions(ours) != questions(theirs)
    assert not {example.uid for example in ours} & {example.uid for example in theirs}


@every_generated
@pytest.mark.parametrize("split", ["val", "test"])
def test_what_is_measured_does_not_depend_on_the_training_size(make: Make, path: Path, split: Split) -> None:
    assert list(make(path, train_size=5).load(split)) == list(make(path, train_size=90).load(split))


@every_generated
def test_a_smaller_test_split_is_the_beginning_of_a_larger_one(make: Make, path: Path) -> None:
    assert list(make(path, test_size=10).load("test")) == list(make(path, test_size=20).load("test"))[:10]


@every_generated
@every_split
@pytest.mark.parametrize("size", [0, -1])
def test_a_split_without_examples_is_refused_by_the_name_of_its_option(make: Make, path: Path, split: Split, size: int) -> None:
    with pytest.raises(ValueError, match=rf"{split}_size: expected a positive number of examples, got {size}"):
        make(path, **{f"{split}_size": size}).load(split)


@every_generated
def test_a_split_that_is_not_loaded_may_be_empty(make: Make, path: Path) -> None:
    assert len(make(path, train_size=0, val_size=0).load("test")) == SIZES["test"]
