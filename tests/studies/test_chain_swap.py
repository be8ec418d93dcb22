"""Chain swap: whose doing a change is, on models of which it is known."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from cotfaith.studies.chain_swap import ChainSwap
from cotfaith.types import Arm, Chain, Rollout
from tests.studies.fakes import ALPHAS, BELOW_ANY, OPEN, STRICT, Fake, follows, knows, reasoners, rollout

LONG, SHORT = ("a ", "b "), ("a ",)
SWAP = ChainSwap(alphas=ALPHAS, limit=None)


def scores(base: Fake, tuned: Fake, gates: object = OPEN, chance: float = BELOW_ANY) -> dict[str, object]:
    written: dict[Arm, list[Rollout]] = {
        "base": [rollout(uid, base.chain, base.answer(base.chain)) for uid in "uv"],
        "tuned": [rollout(uid, tuned.chain, tuned.answer(tuned.chain)) for uid in "uv"],
    }
    return SWAP.score(SWAP.ask(reasoners(base=base, tuned=tuned), written), gates, chance)  # type: ignore[arg-type]


def by_text(chain: Chain) -> str:
    """Follows long chains, knows the answer to short ones."""
    return follows(chain) if chain[1:] or not chain else "0"


def test_a_reader_that_no_longer_looks_is_the_readers_doing() -> None:
    split = scores(Fake(follows, LONG), Fake(knows, LONG))["split"]
    assert split == {"change": -0.75, "text": 0.0, "reader": -0.75, "interaction": 0.0}


def test_another_text_before_the_same_reader_is_the_texts_doing() -> None:
    found = scores(Fake(follows, LONG), Fake(follows, SHORT))
    # one step kept at 0.5 and at 1: the trapezoid from 0 to 1 holds one half; two steps: three quarters are lost
    assert found["split"] == {"change": -0.25, "text": -0.25, "reader": 0.0, "interaction": 0.0}


def test_a_part_has_its_paired_interval_around_it() -> None:
    found = scores(Fake(follows, LONG), Fake(knows, LONG))
    assert all(found["low"][part] <= mean <= found["high"][part] for part, mean in found["split"].items())  # type: ignore[index,attr-defined]
    assert found["low"]["reader"] < found["high"]["reader"] <= 1  # type: ignore[index]  # two examples are few, however alike


def test_the_parts_add_up_to_the_change() -> None:
    split = scores(Fake(follows, LONG), Fake(by_text, SHORT))["split"]
    assert split["text"] + split["reader"] == pytest.approx(split["change"])  # type: ignore[index]
    assert split["interaction"] != 0  # type: ignore[index]


def test_a_cell_matches_the_writers_answer_and_has_the_gold_accuracy_beside() -> None:
    cells = scores(Fake(follows, LONG), Fake(knows, LONG))["cells"]
    assert [cells[w][r]["match"]["1"] for w in ("base", "tuned") for r in ("base", "tuned")] == [1.0, 0.0, 0.0, 1.0]  # type: ignore[index]
    assert [cells[w][r]["accuracy"]["1"] for w in ("base", "tuned") for r in ("base", "tuned")] == [0.0, 1.0, 0.0, 1.0]  # type: ignore[index]


def test_only_examples_with_all_four_cells_are_split() -> None:
    base, tuned = Fake(follows, LONG), Fake(knows, LONG)
    written: dict[Arm, list[Rollout]] = {
        "base": [rollout("u", LONG, "2"), rollout("v", (), "2")],
        "tuned": [rollout("u", LONG, "1"), rollout("v", LONG, "1")],
    }
    assert SWAP.score(SWAP.ask(reasoners(base=base, tuned=tuned), written), OPEN, BELOW_ANY)["n"] == 1


def test_a_gate_that_closes_on_one_arm_hides_the_split_and_the_cells_of_that_arm() -> None:
    found = scores(Fake(follows, LONG), Fake(lambda chain: None, LONG), STRICT, 0.0)
    assert all(map(math.isnan, found["split"].values()))  # type: ignore[attr-defined]
    assert {reason.split(":")[0] for reason in found["gates"]} == {"base", "tuned"}  # type: ignore[attr-defined]  # the base is never right
    assert math.isnan(found["cells"]["base"]["tuned"]["aoc"])  # type: ignore[index]


def test_records_of_an_example_are_told_apart_by_writer_and_reader() -> None:
    written: dict[Arm, list[Rollout]] = {"base": [rollout("u", LONG, "2")], "tuned": [rollout("u", LONG, "1")]}
    records = SWAP.ask(reasoners(base=Fake(follows), tuned=Fake(knows)), written)
    assert len({SWAP.key(record) for record in records}) == 4


def test_a_limit_below_one_is_refused() -> None:
    with pytest.raises(ValueError, match=r"study.chain_swap.limit: expected at least 1 or null, got 0"):
        ChainSwap(alphas=ALPHAS, limit=0)


def test_a_cell_of_fewer_readable_chains_than_the_gate_asks_for_shows_no_number_and_neither_does_the_split() -> None:
    """Both arms read their own chains; of the tuned one's the base makes nothing."""
    base, tuned = Fake(lambda chain: None if chain[:1] == SHORT[:1] and len(chain) == 1 else follows(chain), LONG), Fake(knows, SHORT)
    found = scores(base, tuned, replace(OPEN, rollouts=2))
    assert found["cells"]["tuned"]["base"]["gates"] == ["only 0 chains by tuned that base can read (at least 2)"]  # type: ignore[index]
    assert found["gates"] == ["only 0 chains readable in all four cells (at least 2)"]
    assert all(map(math.isnan, found["split"].values()))  # type: ignore[attr-defined]
    assert found["cells"]["base"]["tuned"]["gates"] == []  # type: ignore[index]
