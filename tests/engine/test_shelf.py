"""Evaluations that several runs share: made once, given back as they were, made again where a file is broken."""

from __future__ import annotations

import logging
import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from time import sleep

import pytest

from cotfaith.engine.evaluation import Evaluation
from cotfaith.engine.meter import Cost
from cotfaith.engine.shelf import Shelf
from cotfaith.types import Example, Gain, Reading, Rollout

EXAMPLE = Example("u/1", "2 + 2?", "4", ("2 + 2 = 4\n",))
CHOICE = Example("u/2", "Which?", "B", None, ("trout", "whale"))
MADE = Evaluation(
    [
        Rollout(EXAMPLE, ("a\n", "b"), "4", "parsed", "stop", "a\nb The answer is 4.", 9, "ab" * 8),
        Rollout(CHOICE, (), None, "missing", "length", "", 3, ""),
    ],
    [Reading("u/2", "filler", 0.1, 1, 4, ("a\n", "..."), None, "ambiguous", "é \u2028", "cd" * 8, (-0.1, -math.inf))],
    {"filler": 1},
    gains=[Gain("u/1", 3, (-2.5, -0.1))],
    costs={"write": Cost(7, 2, 0.1 + 0.2)},
    drops={"filler": {"u/2": "no step"}},
)


class Maker:
    """Counts how often it is asked."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.asked = 0
        self.seconds = seconds

    def __call__(self) -> Evaluation:
        self.asked += 1
        sleep(self.seconds)
        return MADE


def test_what_was_made_is_given_back_as_it_was_and_says_so(tmp_path: Path) -> None:
    first, second = (Shelf(tmp_path).take("key", lambda: MADE) for _ in range(2))
    assert first == MADE
    assert second == replace(MADE, shared=True)


def test_a_second_run_makes_nothing(tmp_path: Path) -> None:
    maker = Maker()
    for _ in range(3):
        Shelf(tmp_path).take("key", maker)
    assert maker.asked == 1


def test_another_key_is_another_evaluation(tmp_path: Path) -> None:
    maker = Maker()
    Shelf(tmp_path).take("one", maker)
    Shelf(tmp_path).take("two", maker)
    assert maker.asked == 2


def test_runs_side_by_side_make_it_once(tmp_path: Path) -> None:
    maker = Maker(seconds=0.2)
    with ThreadPoolExecutor(4) as pool:
        taken = list(pool.map(lambda _: Shelf(tmp_path).take("key", maker), range(4)))
    assert maker.asked == 1
    assert sorted(each.shared for each in taken) == [False, True, True, True]


@pytest.mark.parametrize("damage", [lambda text: text[: len(text) // 2], lambda text: text.replace("whale", "shark"), lambda _: ""])
def test_a_broken_file_is_made_again_with_a_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture, damage: object) -> None:
    Shelf(tmp_path).take("key", lambda: MADE)
    path = tmp_path / "key.json"
    path.write_text(damage(path.read_text()))  # type: ignore[operator]
    maker = Maker()
    with caplog.at_level(logging.WARNING):
        assert Shelf(tmp_path).take("key", maker) == MADE
    assert (maker.asked, "key.json is broken" in caplog.text) == (1, True)
    assert Shelf(tmp_path).take("key", maker).shared


def test_a_run_that_fails_while_making_leaves_the_next_to_make_it(tmp_path: Path) -> None:
    def fails() -> Evaluation:
        raise RuntimeError("no memory")

    with pytest.raises(RuntimeError, match="no memory"):
        Shelf(tmp_path).take("key", fails)
    assert Shelf(tmp_path).take("key", lambda: MADE) == MADE
