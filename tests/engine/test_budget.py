from __future__ import annotations

from collections.abc import Sequence

import pytest
import torch

from cotfaith.engine.budget import Budget, halving
from cotfaith.engine.cache import bytes_per_token
from cotfaith.engine.trees import Branch, Tree, grow
from tests.engine.tiny import build, question


def budget(**changes: int) -> Budget:
    return Budget(**{"memory": 10**9, "forward": 100, "tails": 20, "token": 10, "logits": 0, **changes})


def tree(trunk: int, *tails: int) -> Tree:
    return Tree((1,) * trunk, tuple(Branch(trunk, (1,) * size) for size in tails))


def fits(limit: int) -> list[Sequence[int]]:
    """Runs of doubled numbers; what `run` below was given and did not refuse."""
    done: list[Sequence[int]] = []

    def run(items: Sequence[int]) -> list[int]:
        if len(items) > limit:
            raise torch.OutOfMemoryError("too many")
        done.append(items)
        return [2 * item for item in items]

    assert halving(run, range(10)) == list(range(0, 20, 2))
    return done


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 10])
def test_running_out_of_memory_halves_and_changes_nothing(limit: int) -> None:
    assert max(map(len, fits(limit))) <= limit


def test_a_single_item_that_does_not_fit_raises() -> None:
    def run(items: Sequence[int]) -> list[int]:
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 8 bytes")

    with pytest.raises(RuntimeError, match="allocate memory"):
        halving(run, [1, 2])


def test_an_error_that_is_not_about_memory_is_not_tried_again() -> None:
    calls: list[Sequence[int]] = []

    def run(items: Sequence[int]) -> list[int]:
        calls.append(items)
        raise RuntimeError("shape mismatch")

    with pytest.raises(RuntimeError, match="shape"):
        halving(run, [1, 2])
    assert len(calls) == 1


def test_every_tree_is_in_one_group_and_a_group_fits_into_a_forward() -> None:
    trees = [tree(size, 5) for size in (30, 40, 10, 60, 45, 20, 200)]
    groups = list(budget().groups(trees, limit=1))
    assert sorted(place for group in groups for place in group) == list(range(len(trees)))
    assert all(len(group) == 1 or len(group) * max(len(trees[place].trunk) for place in group) <= 100 for group in groups)


def test_trees_of_like_sizes_are_read_together() -> None:
    trees = [tree(30, 5), tree(30, 80), tree(30, 6), tree(30, 82)]
    assert list(budget(forward=60).groups(trees, limit=1)) == [[0, 2], [1, 3]]


def test_memory_bounds_a_group() -> None:
    # held: twice 10 bytes of 30 trunk, 5 tail and 2 answer tokens: 740 bytes a tree
    assert [len(group) for group in budget(memory=1500).groups([tree(30, 5)] * 4, limit=2)] == [2, 2]


@pytest.mark.parametrize(("memory", "slots"), [(10**9, 8), (4 * 2 * 10 * 50, 4), (1, 1)])
def test_memory_bounds_the_slots_but_one_is_always_tried(memory: int, slots: int) -> None:
    assert budget(memory=memory).slots(longest=30, limit=20, wanted=8) == slots


def test_a_token_costs_what_the_cache_holds_of_it() -> None:
    model = build("llama")
    past = model(input_ids=torch.tensor([[5]]), use_cache=True).past_key_values
    assert bytes_per_token(model) == sum(layer.keys.nbytes + layer.values.nbytes for layer in past.layers)


def test_the_given_memory_is_taken_at_its_word() -> None:
    assert Budget.of(build("llama"), 0.5).memory == 2**29
    assert next(Budget.of(build("llama"), None).groups([grow(question(0))], 1)) == [0]
