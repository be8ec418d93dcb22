from __future__ import annotations

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from cotfaith.engine.plain import rows_of
from cotfaith.engine.trees import Branch, Row, Tree, grow, portions
from tests.engine.tiny import question

rows_strategy = st.lists(st.lists(st.integers(0, 2), min_size=1, max_size=6).map(tuple), min_size=1, max_size=5, unique=True)


def least_tokens(rows: list[Row]) -> int:
    """By trying every beginning of every row as the trunk; a tail holds one token at least."""
    best = []
    for trunk in {row[:length] for row in rows for length in range(len(row) + 1)}:
        kept = [
            min(len(row) - 1, next((i for i, pair in enumerate(zip(row, trunk, strict=False)) if pair[0] != pair[1]), len(trunk))) for row in rows
        ]
        best.append(len(trunk) + sum(len(row) - min(keep, len(trunk)) for row, keep in zip(rows, kept, strict=True)))
    return min(best)


@given(rows_strategy)
@settings(max_examples=300, deadline=None)
def test_a_tree_holds_its_rows_in_the_fewest_tokens(rows: list[Row]) -> None:
    tree = grow(rows)
    assert rows_of(tree) == rows
    assert tree.tokens == least_tokens(rows)
    assert all(branch.tail for branch in tree.branches)


def test_a_question_costs_its_full_chain_and_what_each_row_has_of_its_own() -> None:
    early, disturbed = 2 + 2 + 2 + 2, 2 * (14 + 10 + 6)  # the cue at four cuts; two probes that write 12, 8 and 4 tokens before it
    assert grow(question(0)).tokens == (16 + 12) + early + disturbed + 3  # 3: the other prompt's own token and cue


@given(st.lists(st.integers(1, 30), min_size=1, max_size=12), st.integers(1, 40))
@settings(deadline=None)
def test_portions_hold_every_branch_once_within_the_budget(sizes: list[int], budget: int) -> None:
    tree = Tree((1,), tuple(Branch(1, (0,) * size) for size in sizes))
    found = portions(tree, budget)
    assert sorted(place for portion in found for place in portion) == list(range(len(sizes)))
    assert all(len(portion) == 1 or sum(sizes[place] for place in portion) <= budget for portion in found)


def test_growing_does_not_depend_on_the_order_of_rows() -> None:
    rows = question(1)
    shuffled = Random(0).sample(rows, len(rows))
    assert set(rows_of(grow(shuffled))) == set(rows)
    assert grow(shuffled).tokens == grow(rows).tokens
