"""Mistakes: a real change of content, of the same form, the same at every alpha; nothing of the model's own behind it."""

from __future__ import annotations

import re
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cotfaith.datasets.arithmetic import Arithmetic
from cotfaith.probes.mistake_rules import mistake
from cotfaith.probes.mistakes import Mistakes, flaw, kind
from cotfaith.probes.rewriting import NOTHING_FOUND, ByRule
from cotfaith.types import Unusable

CHAIN = ("She buys 5, so 4 + 5 = 9.\n", "She sells 2, so 9 - 2 = 7.\n", "She finds 8 more, so 7 + 8 = 15.\n")
PROBE = Mistakes(mistaker=ByRule(mistake), regenerate=True)
EQUATION = re.compile(r"(\d+) ([+-]) (\d+) = (\d+)")


def mistaken(step: str, seeds: int = 40) -> set[str | None]:
    return {mistake(step, Random(seed)) for seed in range(seeds)}


@pytest.mark.parametrize("regenerate", [True, False])
def test_the_chain_ends_with_the_mistake(regenerate: bool) -> None:
    result = Mistakes(mistaker=ByRule(mistake), regenerate=regenerate).perturb(CHAIN, 1 / 3, Random(0))
    assert not isinstance(result, Unusable)
    assert (result[:1], len(result)) == (CHAIN[:1], 2)
    assert result[1] != CHAIN[1]


def test_a_step_is_mistaken_the_same_way_whatever_else_is_asked() -> None:
    assert PROBE.perturb(CHAIN, 1 / 3, Random(3)) == PROBE.perturb((*CHAIN[:2], "Or else."), 1 / 3, Random(3))


def test_an_equation_gets_a_wrong_result_operand_or_operation_carried_to_its_end() -> None:
    for step in mistaken("She buys 5, so 4 + 5 = 9. Now she has 9."):
        a, sign, b, c = EQUATION.findall(step or "")[0]
        told, _, had = re.findall(r"\d+", f"{step}".replace(f"{a} {sign} {b} = {c}", "0"))
        assert (a, told, had) == ("4", b, c)  # the first operand stays, words agree with the equation
        assert (sign, b) == ("+", "5") or int(c) == (int(a) + int(b) if sign == "+" else int(a) - int(b))


@pytest.mark.parametrize("step", ["So 2 * 2 = 4.", "So 7 - 0 = 7.", "So 6 / 1 = 6.", "So 0 * 5 = 0.", "So 2 + 2 = 4."])
def test_no_mistake_leaves_the_result_as_it_was(step: str) -> None:
    results = {made.rpartition("= ")[2] for made in mistaken(step)}
    assert results
    assert step.rpartition("= ")[2] not in results


def test_all_three_mistakes_of_an_equation_occur() -> None:
    found = {
        (sign != "-", b != "2", c == str(9 + int(b) if sign == "+" else 9 - int(b)))
        for made in mistaken(CHAIN[1])
        for _, sign, b, c in EQUATION.findall(made)
    }
    assert found == {(False, False, False), (False, True, True), (True, False, True)}


@given(st.integers(0, 10**4), st.integers(1, 400), st.sampled_from("+-*/"), st.integers(0, 3))
def test_a_mistaken_equation_is_another_one_and_never_below_zero(a: int, b: int, sign: str, seed: int) -> None:
    result = {"+": a + b, "-": a - b, "*": a * b, "/": a // b}[sign]
    step = f"So {a} {sign} {b} = {max(0, result)}."
    made = mistake(step, Random(seed))
    assert made is not None
    assert kind(step, made) in ("number", "operation")
    assert "= -" not in made


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        ("Option B fits, and B is short.", {"Option A fits, and B is short."}),  # whether there is a C, the step does not say
        ("Choice A fits.", {"Choice B fits."}),
        ("Not (A), (C).", {"Not (B), (C).", "Not (C), (C)."}),
        ("Option (F) is ruled out.", {f"Option ({letter}) is ruled out." for letter in "ABCDE"}),
        ("The force (F) is large.", {"The force (F) is not large."}),
        ("Then Maya gives Leo a pen.", {"Then Leo gives Maya a pen."}),
        ("We know that a room is dark.", {"We know that a room is bright."}),
        ("So the lamp is on.", {"So the lamp is not on."}),
        ("So the lamp is not on.", {"So the lamp is on."}),
        ("Let us think.", {None}),
        ("1. Let us think.", {None}),  # the number of the step is none of its own
    ],
)
def test_a_step_in_words_gets_another_choice_order_of_names_or_its_opposite(step: str, expected: set[str | None]) -> None:
    assert mistaken(step) == expected


def test_the_form_of_a_number_is_kept() -> None:
    made = mistaken("Each costs $1,200.50 now.") - {None}
    assert made
    assert all(re.fullmatch(r"Each costs \$1,\d{3}\.50 now\.", text) for text in made if text)


@pytest.mark.parametrize(
    ("original", "other", "expected"),
    [
        ("So 4 + 5 = 9.", "So 4 - 5 = 9.", "operation"),
        ("So 4 plus 5 is 9.", "So 4 times 5 is 9.", "operation"),
        ("So 4 + 5 = 9.", "So 4 + 5 = 8.", "number"),
        ("It is (B).", "It is (C).", "choice"),
        ("It takes 5 minutes.", "It takes 5 hours.", "unit"),
        ("We see Lima.", "We see Oslo.", "name"),
        ("Then Maya thanks Leo.", "Then Leo thanks Maya.", "name"),
        ("It is wet.", "It is not wet.", "opposite"),
        ("It is wet.", "It is dry.", "opposite"),
        ("So 4 + 5 = 9.", "4 plus 5 equals 9.", None),
        ("It is wet.", "Wet it is.", None),
    ],
)
def test_the_kind_of_a_mistake_is_what_of_the_content_has_changed(original: str, other: str, expected: str | None) -> None:
    assert kind(original, other) == expected


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        ("Therefore 4 + 5 = 9.", "no mistake"),
        ("So 4 + 5 = 8, which is wrong.", "leak"),
        ("So 4 + 5 = 8,\nright?", "form"),
        (" ", "form"),
        ("So 4 + 5 = 8, and then she goes home and has a long and quiet evening.", "form"),
    ],
)
def test_a_mistake_that_must_not_be_used_has_its_flaw(other: str, reason: str) -> None:
    assert flaw("So 4 + 5 = 9.", other) == reason


def test_the_kind_is_noted_and_an_intact_chain_has_none() -> None:
    assert PROBE.note(CHAIN, ("She buys 5, so 4 - 5 = 9.\n",)) == "operation"
    assert PROBE.note(CHAIN, CHAIN) == ""


def test_a_chain_whose_step_allows_no_mistake_is_dropped_with_the_reason() -> None:
    assert PROBE.perturb(("Let us think.\n", CHAIN[0]), 0.0, Random(0)) == Unusable(NOTHING_FOUND)


def test_every_step_of_the_arithmetic_chains_can_be_mistaken() -> None:
    examples = Arithmetic(train_size=0, val_size=0, test_size=60, seed=1).load("test")
    made = [PROBE.perturb(example.chain or (), alpha, Random(example.uid)) for example in examples for alpha in (0, 0.3, 0.6, 0.9)]
    assert [result for result in made if isinstance(result, Unusable)] == []


def test_no_try_at_all_is_refused() -> None:
    with pytest.raises(ValueError, match=r"probe\.mistakes\.tries: expected at least 1, got 0"):
        Mistakes(mistaker=ByRule(mistake), regenerate=True, tries=0)
