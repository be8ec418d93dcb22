"""Where rows come from: folders by the names of their files, the hub by its splits, and clear words where there is nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyarrow
import pytest
from pyarrow import parquet

from cotfaith.datasets.cosmosqa import CosmosQA
from cotfaith.datasets.sources import Hub, SplitNames, fetch, find

NAMES: SplitNames = {"train": "train", "dev": "val", "validation": "val", "test": None}
HUB = Hub("someone/questions", "0123456789abcdef", "main")
Put = Callable[..., Path]


class Table:
    """What `load_dataset` has for a split, as far as it is used."""

    def __init__(self, *records: dict[str, Any]) -> None:
        self.records = list(records)

    def to_list(self) -> list[dict[str, Any]]:
        return self.records


def loader(**splits: Table) -> Callable[..., Mapping[str, Table]]:
    def load(repo: str, config: str | None, *, revision: str) -> Mapping[str, Table]:
        assert (repo, config, revision) == (HUB.repo, HUB.config, HUB.revision)
        return splits

    return load


def failing(error: Exception) -> Callable[..., Mapping[str, Table]]:
    def load(*_: object, **__: object) -> Mapping[str, Table]:
        raise error

    return load


def test_a_file_is_one_source_without_a_split_known_by_its_hash(put: Put) -> None:
    file = put("test.jsonl", [{"a": 1}])
    (source,) = find(file, NAMES)
    assert (source.split, source.facts) == (None, {"file": str(file), "sha256": sha256(file.read_bytes()).hexdigest(), "rows": 1})


def test_a_folder_gives_the_splits_that_its_files_are_named_for(put: Put) -> None:
    for name in ("train.jsonl", "dev.csv", "test.jsonl", "solutions.jsonl", "train.txt"):
        file = put(name, [{"a": name}])
    assert {(source.split, Path(source.label).name) for source in find(file.parent, NAMES)} == {("train", "train.jsonl"), ("val", "dev.csv")}


def test_the_numbered_parts_of_a_split_belong_together(put: Put) -> None:
    for number in (0, 1):
        file = put(f"train-0000{number}-of-00002.jsonl", [{"a": number}])
    assert [source.rows[0].columns["a"] for source in find(file.parent, NAMES)] == [0, 1]


@pytest.mark.parametrize("other", ["train.csv", "validation.csv"])
def test_two_files_for_one_split_are_refused(put: Put, other: str) -> None:
    for name in ("train.jsonl", "dev.jsonl", other):
        file = put(name, [{"a": 1}])
    with pytest.raises(ValueError, match=rf"expected one file for the split (train|val), found .*{other}"):
        find(file.parent, NAMES)


def test_a_folder_without_an_expected_name_is_refused_with_what_it_holds(put: Put) -> None:
    folder = put("mine.jsonl", [{"a": 1}]).parent
    (folder / "data").mkdir()
    with pytest.raises(FileNotFoundError, match=r"expected files named train or dev or validation with .*, found data/, mine\.jsonl; a single file"):
        find(folder, NAMES)


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="found nothing"):
        find(tmp_path, NAMES)


def test_the_hub_gives_the_splits_with_its_revision() -> None:
    train, val = fetch(HUB, NAMES, loader(train=Table({"a": 1}, {"a": 2}), validation=Table({"a": 3}), test=Table({"a": 4})))
    assert ([row.columns for row in train.rows], val.split) == ([{"a": 1}, {"a": 2}], "val")
    assert train.facts == {"repo": HUB.repo, "revision": HUB.revision, "config": "main", "upstream_split": "train", "rows": 2}


@pytest.mark.parametrize(
    "error", [ConnectionError("Couldn't reach the Hub"), FileNotFoundError("doesn't exist"), ValueError("BuilderConfig not found")]
)
def test_no_way_to_the_hub_says_how_to_do_without(error: Exception) -> None:
    with pytest.raises(FileNotFoundError, match=r"someone/questions@0123.*found \w+: .*dataset\.path=.*HF_HUB_OFFLINE=1.*gated") as caught:
        fetch(HUB, NAMES, failing(error))
    assert caught.value.__cause__ is error


def test_a_repository_without_a_split_of_an_expected_name_is_refused() -> None:
    with pytest.raises(ValueError, match=r"expected a split named train or dev or validation, found \['rest'\]"):
        fetch(HUB, NAMES, loader(rest=Table()))


def test_a_local_copy_of_a_repository_loads_as_the_hub_does(
    record: Mapping[str, Callable[[int], dict[str, Any]]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, numbers in (("train", range(40)), ("validation", range(40, 60))):
        rows = [record["cosmosqa"](n) | {"label": n % 4} for n in numbers]  # the hub's labels are integers
        (tmp_path / "repo" / "default" / name).mkdir(parents=True)
        parquet.write_table(pyarrow.Table.from_pylist(rows), tmp_path / "repo" / "default" / name / "0000.parquet")
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", tmp_path / "cache")
    dataset = CosmosQA(path=None, repo=str(tmp_path / "repo"), revision="main", limit=None, seed=0, on_bad_row="error")
    assert {split: len(dataset.load(split)) for split in ("train", "val", "test")} == {"train": 36, "val": 4, "test": 20}  # type: ignore[arg-type]  # a dict's keys
