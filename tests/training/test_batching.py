"""Batches: every row once an epoch, in an order that follows from seed and epoch, in equal shares."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from cotfaith.training.batching import Batches, Batching

LENGTHS = [Random(0).randrange(5, 200) for _ in range(1)] + [Random(n).randrange(5, 200) for n in range(1, 203)]


def batching(kind: Any, batch_size: int = 8, tokens: int = 1024) -> Batching:
    return Batching(kind=kind, batch_size=batch_size, tokens=tokens)


def batches(kind: Any = "grouped", **options: Any) -> Batches:
    return Batches(batching(kind), LENGTHS, [length // 2 for length in LENGTHS], **({"seed": 0, "accumulate": 1} | options))


def padding(plan: list[list[int]]) -> int:
    return sum(max(LENGTHS[place] for place in batch) * len(batch) - sum(LENGTHS[place] for place in batch) for batch in plan)


every_kind = pytest.mark.parametrize("kind", ["padded", "grouped", "token_budget", "packed"])


@every_kind
@pytest.mark.parametrize("processes", [1, 2, 3, 7])
def test_every_row_is_taken_once_by_one_process(kind: str, processes: int) -> None:
    shares = [list(batches(kind, rank=rank, processes=processes)) for rank in range(processes)]
    assert sorted(place for share in shares for batch in share for place in batch) == list(range(len(LENGTHS)))
    assert len({len(share) for share in shares}) == 1


@every_kind
def test_an_epoch_has_an_order_of_its_own_that_comes_again(kind: str) -> None:
    first, second, again = batches(kind), batches(kind), batches(kind)
    second.set_epoch(1)
    again.set_epoch(1)
    assert list(second) == list(again) != list(first)


def test_another_seed_is_another_order() -> None:
    assert list(batches(seed=0)) != list(batches(seed=1))


def test_rows_of_like_lengths_leave_little_padding() -> None:
    assert padding(batches("grouped").plan) < 0.2 * padding(batches("padded").plan)


def test_a_batch_stays_within_its_tokens_unless_one_row_is_longer() -> None:
    plan = Batching(kind="token_budget", batch_size=8, tokens=150).plan(LENGTHS, Random(0), 1)
    assert all(len(batch) == 1 or max(LENGTHS[place] for place in batch) * len(batch) <= 150 for batch in plan)
    assert any(len(batch) > 1 for batch in plan)


def test_packed_rows_fill_their_tokens_without_padding() -> None:
    packed = Batching(kind="packed", batch_size=8, tokens=600)
    plan = packed.plan(LENGTHS, Random(0), 1)
    sizes = [sum(LENGTHS[place] for place in batch) for batch in plan]
    assert [packed.computed([LENGTHS[place] for place in batch]) for batch in plan] == sizes
    assert max(sizes) <= 600
    assert len(plan) <= sum(LENGTHS) / (600 - max(LENGTHS)) + 1  # less than one row is missing in each but the last


@pytest.mark.parametrize(("kind", "expected"), [("padded", 8 * 199), ("grouped", 8 * 199), ("token_budget", 1024), ("packed", 1024)])
def test_no_batch_is_larger_than_what_is_counted_on(kind: Any, expected: int) -> None:
    plan = batches(kind).plan
    assert max(batching(kind).computed([LENGTHS[place] for place in batch]) for batch in plan) <= batching(kind).most(199) == expected


def test_what_a_run_had_reached_is_skipped_in_its_epoch_and_not_in_the_next() -> None:
    whole, resumed = batches(), batches()
    resumed.go_on(2, 5)
    whole.set_epoch(2)
    assert list(resumed) == list(whole)[5:]
    resumed.set_epoch(3)
    assert len(list(resumed)) == len(resumed)


@pytest.mark.parametrize(("processes", "accumulate"), [(1, 1), (1, 4), (2, 3)])
def test_the_tokens_of_an_optimizer_step_are_counted_over_its_batches_on_all_processes(processes: int, accumulate: int) -> None:
    shares = [list(batches(rank=rank, processes=processes, accumulate=accumulate)) for rank in range(processes)]
    window = [place for share in shares for batch in share[accumulate : 2 * accumulate] for place in batch]
    counted = batches(processes=processes, accumulate=accumulate)
    assert {counted.supervised(batch, len(counted)) for batch in range(accumulate, 2 * accumulate)} == {sum(LENGTHS[place] // 2 for place in window)}


def test_batches_that_are_never_run_do_not_count_into_the_last_optimizer_step() -> None:
    counted = batches(accumulate=4)
    assert counted.supervised(5, 6) == sum(LENGTHS[place] // 2 for batch in list(counted)[4:6] for place in batch)  # trainer.limit_train_batches=6


def test_fewer_rows_than_processes_are_refused() -> None:
    with pytest.raises(ValueError, match=r"trainer\.devices: expected at most as many processes as training examples, got 4 for 3"):
        Batches(batching("padded"), [5, 5, 5], [1, 1, 1], seed=0, accumulate=1, processes=4)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"kind": "sorted"}, r"data\.batching: expected padded, grouped, token_budget or packed, got 'sorted'"),
        ({"batch_size": 0}, r"data\.batch_size: expected at least 1, got 0"),
        ({"tokens": 0}, r"data\.tokens_per_batch: expected at least 1, got 0"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_name(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Batching(**({"kind": "padded", "batch_size": 1, "tokens": 1} | options))
