"""The offline paraphraser: other words, the same numbers and names."""

from __future__ import annotations

from collections import Counter
from random import Random
from re import findall

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cotfaith.datasets.arithmetic import Arithmetic
from cotfaith.datasets.commonsense import Commonsense
from cotfaith.probes.paraphrase import Paraphrase, flaw
from cotfaith.probes.rewriting import ByRule
from cotfaith.probes.rules import reword
from cotfaith.types import Unusable

# In the manner of GSM8K, in our own words.
STEPS = (
    "She sells 48 / 2 = 24 clips in May.",
    "He buys 5 shirts, so he spends 5 * $20 = $100.",
    "Since there are 12 months, it costs 12 x 3 = 36 dollars in total.",
    "The total cost is $1,200 + $350.50 = $1,550.50.",
    "First, he eats 3 eggs each morning.",
    "Finally, she has 16 - 3 - 4 = 9 eggs left.",
    "Then Weng earns 12/60 = $0.2 per minute.",
    "That means that half of the 30 children leave.",
    "So there are 7 apples altogether.",
    "Therefore Julie reads 120 pages because she has 2 days.",
    "Option (B) fits.",
    "Lima is the capital of Peru.",
)
EQUATIONS = st.tuples(st.integers(0, 99), st.sampled_from("+-*/x\u00d7\u00f7"), st.integers(1, 99), st.integers(0, 99))


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("seed", range(5))
def test_typical_steps_get_a_rewording_without_a_flaw(step: str, seed: int) -> None:
    reworded = reword(step, Random(seed))
    assert reworded is not None
    assert flaw(step, reworded) is None


@settings(deadline=None, max_examples=100)
@given(EQUATIONS, st.integers(0, 9))
def test_an_equation_is_put_into_words_with_its_numbers_in_place(equation: tuple[int, str, int, int], seed: int) -> None:
    left, sign, right, result = equation
    reworded = reword(f"{left} {sign} {right} = {result}", Random(seed))
    assert reworded is not None
    assert findall(r"\d+", reworded) == [str(left), str(right), str(result)]
    assert not set(reworded) & set("+-*/=\u00d7\u00f7")


def test_one_seed_gives_one_rewording_and_several_seeds_several() -> None:
    step = "She buys 5, so 14 + 5 = 19."
    assert reword(step, Random(3)) == reword(step, Random(3))
    assert len({reword(step, Random(seed)) for seed in range(20)}) > 3


def test_a_step_that_no_rule_knows_is_left_to_the_caller() -> None:
    assert reword("Blue ink dries.", Random(0)) is None


def test_a_statement_is_turned_round() -> None:
    assert reword("Lima is the capital of Peru.", Random(0)) == "The capital of Peru is Lima."


def test_a_phrase_is_not_found_inside_a_longer_word() -> None:
    # "Firstly" became "To begin withly".
    assert reword("Firstly, he walks 3 miles.", Random(0)) is None


@pytest.mark.parametrize("step", ["There are 9 in total", "There are 9 in total."])
def test_a_phrase_is_found_at_the_end_of_a_step(step: str) -> None:
    assert "in total" not in str(reword(step, Random(0)))


@pytest.mark.parametrize("step", ["He walks 3 miles each day.", "She eats 2 eggs each morning.", "The team loses 2 points."])
def test_what_would_break_the_sentence_or_its_meaning_is_left_as_it_is(step: str) -> None:
    # "3 miles apiece day", "the team is without 2 points".
    made = {reword(step, Random(seed)) or "" for seed in range(20)}
    assert not any(wrong in text for text in made for wrong in ("apiece", "is without"))


def test_when_is_no_condition() -> None:
    assert {reword("Ice melts when it is warm.", Random(seed)) for seed in range(20)} == {"Ice melts whenever it is warm."}


@pytest.mark.parametrize("step", ["They pay $3 each.", "They pay $3 each, he says."])
def test_each_at_the_end_of_a_clause_is_apiece(step: str) -> None:
    assert reword(step, Random(0)) == step.replace("each", "apiece")


def test_numbers_with_currency_and_commas_are_kept_whole() -> None:
    reworded = reword("$1,200 + $350.50 = $1,550.50.", Random(0)) or ""
    assert Counter(findall(r"\$[\d,.]*\d", reworded)) == Counter(["$1,200", "$350.50", "$1,550.50"])


@pytest.mark.parametrize("kind", [Arithmetic, Commonsense])
def test_every_gold_chain_of_the_embedded_data_can_be_reworded(kind: type[Arithmetic] | type[Commonsense]) -> None:
    examples = kind(train_size=1, val_size=1, test_size=100, seed=1).load("test")
    probe = Paraphrase(paraphraser=ByRule(reword))
    assert [example.chain for example in examples if isinstance(probe.perturb(example.chain, 0.0, Random(example.uid)), Unusable)] == []
