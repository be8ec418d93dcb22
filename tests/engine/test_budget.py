from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
import torch
from transformers import DynamicCache

from cotfaith.engine.budget import Budget, free_bytes, halving, shrinking
from cotfaith.engine.cache import bytes_per_token
from cotfaith.engine.trees import Branch, Tree, grow
from tests.engine.tiny import ALIKE, EXACT, build, question


def budget(**changes: int) -> Budget:
    return Budget(**{"memory": 10**9, "forward": 100, "tails": 20, "token": 10, "pair": 0, "logits": 0, **changes})


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


@pytest.mark.parametrize(("size", "room", "tried"), [(8, 8, [8]), (8, 3, [8, 4, 2]), (5, 1, [5, 2, 1])])
def test_running_out_of_memory_shrinks_the_size(size: int, room: int, tried: list[int]) -> None:
    sizes: list[int] = []

    def run(size: int) -> str:
        sizes.append(size)
        if size > room:
            raise torch.OutOfMemoryError("too many")
        return "done"

    assert shrinking(run, size) == "done"
    assert sizes == tried


@pytest.mark.parametrize("error", [torch.OutOfMemoryError("full"), RuntimeError("shape mismatch")])
def test_nothing_smaller_is_tried_than_1_or_after_another_error(error: RuntimeError) -> None:
    def run(size: int) -> str:
        raise error

    with pytest.raises(RuntimeError, match=str(error)):
        shrinking(run, 1 if isinstance(error, torch.OutOfMemoryError) else 8)


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
    assert list(budget(forward=60).groups(trees, limit=1)) == [[3, 1], [2, 0]]


def test_memory_bounds_a_group() -> None:
    # held: twice 10 bytes of 30 trunk, 5 tail and 2 answer tokens: 740 bytes a tree
    assert [len(group) for group in budget(memory=1500).groups([tree(30, 5)] * 4, limit=2)] == [2, 2]


@pytest.mark.parametrize(("memory", "slots"), [(10**9, 8), (4 * 2 * 10 * 50, 4), (1, 1)])
def test_memory_bounds_the_slots_but_one_is_always_tried(memory: int, slots: int) -> None:
    assert budget(memory=memory).slots(longest=30, limit=20, wanted=8) == slots


def test_the_largest_trees_are_read_first() -> None:
    assert list(budget(forward=1).groups([tree(30, 5), tree(50, 5), tree(40, 5)], limit=1)) == [[1], [2], [0]]


def test_masks_and_scores_bound_a_group() -> None:
    # a tree of 30 trunk, 5 tail and 1 answer tokens: 30 * 30 pairs in its trunk are the most, 740 bytes are keys and values
    assert [len(group) for group in budget(memory=3300, pair=1).groups([tree(30, 5)] * 4, limit=1)] == [2, 2]


def test_masks_and_scores_bound_the_slots() -> None:
    # 100 of 300 bytes are for the scores of the longest prompt; a row holds 10 tokens of 2 * 1 bytes and as many pairs: 30
    assert budget(memory=300, token=1, pair=1).slots(longest=10, limit=0, wanted=64) == 6


@pytest.mark.parametrize(("memory", "abreast"), [(10**9, 10), (2 * 4 * 10 * (10 + 10), 4), (1, 1)])
def test_prompts_are_begun_side_by_side_as_a_forward_and_the_memory_allow(memory: int, abreast: int) -> None:
    assert budget(memory=memory, pair=1).abreast(10) == abreast


@pytest.mark.parametrize("kind", [*EXACT, *ALIKE])
def test_a_token_costs_what_the_cache_holds_of_it(kind: str) -> None:
    model, cache = build(kind), DynamicCache()
    model(input_ids=torch.tensor([[5, 6, 7, 8]]), past_key_values=cache, use_cache=True)
    assert 4 * bytes_per_token(model) == sum(layer.keys.nbytes + layer.values.nbytes for layer in cache.layers)


def test_eager_attention_holds_scores_beside_the_masks() -> None:
    one, eager = Budget.of(build("llama"), 1.0), Budget.of(build("llama_eager"), 1.0)
    assert one.pair == 2 * (4 + 1)  # masks of 4 bytes and truths of 1
    assert eager.pair == one.pair + 4 * (2 * 4 + 4)  # 4 heads: scores twice in 4 bytes, and probabilities


def test_the_page_cache_counts_as_free_memory(tmp_path: Path) -> None:
    (tmp_path / "meminfo").write_text("MemTotal: 900 kB\nMemFree: 5 kB\nMemAvailable: 80 kB\n")
    assert free_bytes(torch.device("cpu"), tmp_path / "meminfo", tmp_path) == 80 * 1024


@pytest.mark.parametrize(
    ("limit", "usage", "most", "free"),
    [
        ("memory.max", "memory.current", "50000", 50000 - 20000 + 7000),
        ("memory.max", "memory.current", "max", 80 * 1024),
        ("memory.limit_in_bytes", "memory.usage_in_bytes", "50000", 50000 - 20000 + 7000),
        ("memory.limit_in_bytes", "memory.usage_in_bytes", "9223372036854771712", 80 * 1024),
    ],
)
def test_a_container_bounds_what_is_free(tmp_path: Path, limit: str, usage: str, most: str, free: int) -> None:
    (tmp_path / "meminfo").write_text("MemAvailable: 80 kB\n")
    folder = tmp_path / "memory" if limit.endswith("bytes") else tmp_path
    folder.mkdir(exist_ok=True)
    (folder / limit).write_text(f"{most}\n")
    (folder / usage).write_text("20000\n")
    (folder / "memory.stat").write_text("anon 13000\ninactive_file 7000\n")
    assert free_bytes(torch.device("cpu"), tmp_path / "meminfo", tmp_path) == free


def test_what_torch_has_reserved_and_does_not_use_counts_as_free(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"mem_get_info": (100, 1000), "memory_reserved": 700, "memory_allocated": 450}.items():
        monkeypatch.setattr(torch.cuda, name, lambda device, value=value: value)
    assert free_bytes(torch.device("cuda")) == 100 + 700 - 450


def test_the_given_memory_is_taken_at_its_word() -> None:
    assert Budget.of(build("llama"), 0.5).memory == 2**29
    assert next(Budget.of(build("llama"), None).groups([grow(question(0))], 1)) == [0]
