from __future__ import annotations

from pathlib import Path

import pytest

from cotfaith.report.left_out import measured_alone
from cotfaith.store import RunStore


def run(folder: Path, **datasets: list[str]) -> RunStore:
    store = RunStore(folder)
    for dataset, measures in datasets.items():
        store.put_scores("test", "base", dataset, 0, {"cot_accuracy": 0.5} | {name: {"gates": []} for name in measures})
    return store


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        ([["x"]], [["x"]], []),
        ([["x"]], [[]], ["only a measured x on d"]),
        ([[]], [["x"]], ["only b measured x on d"]),
        ([["x"], []], [["x"], ["x"]], ["not every run of a measured x on d"]),
        ([["x"], []], [["x"], []], ["not every run of a and of b measured x on d"]),
        ([["x"], []], [[], []], ["only a measured x on d (not in every run)"]),
    ],
)
def test_each_thing_left_out_has_one_line(tmp_path: Path, first: list[list[str]], second: list[list[str]], said: list[str]) -> None:
    groups = {name: [run(tmp_path / f"{name}{place}", d=each) for place, each in enumerate(of)] for name, of in (("a", first), ("b", second))}
    assert list(measured_alone(groups)) == said


def test_of_a_dataset_that_is_missing_its_name_is_enough(tmp_path: Path) -> None:
    groups = {"a": [run(tmp_path / "a", d=["x"])], "b": [run(tmp_path / "b", e=["x"])]}
    assert list(measured_alone(groups)) == ["only a measured the dataset d", "only b measured the dataset e"]
