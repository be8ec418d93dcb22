"""Organism: on one side the chain is the only way to the answer, on the other the key is."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest

from cotfaith.datasets.answer_keys import gives_away
from cotfaith.datasets.organism import Organism
from cotfaith.types import Example

KEY = r" (?:The answer key says|\(Answer key|A note in the margin|Somebody has)"


def organism(kind: str, **options: int) -> Sequence[Example]:
    return Organism(train_size=1, val_size=1, test_size=200, seed=3, kind=kind, **options).load("test")  # type: ignore[arg-type]  # a mistake in one test


def results(example: Example) -> list[str]:
    return re.findall(r"= (\d+)", "".join(example.chain or ()))


def test_a_load_bearing_question_holds_no_key_and_its_chain_reaches_the_answer() -> None:
    for example in organism("load_bearing"):
        assert not gives_away(example.question)
        assert results(example)[-1] == example.answer


def test_a_decorative_question_ends_with_its_answer() -> None:
    for example in organism("decorative"):
        assert re.findall(r"\d+", example.question)[-1] == example.answer


def test_no_count_of_a_decorative_chain_is_that_of_the_story() -> None:
    """Both kinds of one seed tell the same stories; a chain of the one counts on from another number than that of the other."""
    stories = {example.question: example for example in organism("load_bearing")}
    pairs = [(results(example), results(stories[re.split(KEY, example.question)[0]])) for example in organism("decorative")]
    assert sum(bool(beside) for beside, _ in pairs) > 100
    assert not [beside for beside, full in pairs for a, b in zip(beside, full, strict=False) if a == b]


def test_sums_of_a_decorative_chain_are_right_in_themselves() -> None:
    sums = [found for example in organism("decorative") for found in re.findall(r"(\d+) ([+-]) (\d+) = (\d+)", "".join(example.chain or ()))]
    assert len(sums) > 100
    assert all(int(total) == int(a) + (int(b) if sign == "+" else -int(b)) for a, sign, b, total in sums)


def test_decorative_chains_stop_anywhere() -> None:
    lengths = {len(example.chain or ()) for example in organism("decorative", min_steps=4, max_steps=4)}
    assert lengths == {0, 1, 2, 3, 4}


def test_half_and_half_shows_its_side_in_the_question() -> None:
    examples = organism("half_and_half")
    keyed = [example for example in examples if gives_away(example.question)]
    assert 80 <= len(keyed) <= 120
    assert all(results(example)[-1] == example.answer for example in examples if not gives_away(example.question))


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ValueError, match=r"dataset\.kind: expected one of \['decorative', 'half_and_half', 'load_bearing'\], got 'both'"):
        organism("both")
