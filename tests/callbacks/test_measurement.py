from __future__ import annotations

import pytest

from cotfaith.callbacks.measurement import Setting
from cotfaith.types import Arm, Split


@pytest.mark.parametrize(
    ("split", "arm", "probe", "key"),
    [
        ("val", "tuned", None, "val/aoc"),
        ("val", "base", "filler", "val/filler/aoc"),  # step 0 of the one validation series
        ("test", "tuned", "filler", "test/filler/aoc"),
        ("test", "base", "filler", "base/test/filler/aoc"),
        ("test", "base", None, "base/test/aoc"),
    ],
)
def test_a_number_is_logged_under_its_split_and_probe(split: Split, arm: Arm, probe: str | None, key: str) -> None:
    assert Setting(split, arm, "arithmetic", 0, ()).key("aoc", probe) == key


def test_a_further_dataset_is_logged_under_its_name() -> None:
    assert Setting("test", "base", "recall", 0, (), "recall/").key("aoc", "filler") == "base/test/recall/filler/aoc"
