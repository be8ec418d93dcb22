"""Prompts: the words around a question."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cotfaith.text.prompts import Prompts
from cotfaith.types import Example

PROMPTS = Prompts(cot="Reason, then: So it is ...", direct="Only: So it is ...", cue="So it is", choice="letter")
SUM = Example("a", "2 + 2?", "4")
CAPITAL = Example("b", "Capital of Peru?", "B", choices=("Oslo", "Lima"))


def test_a_message_is_the_question_its_lettered_choices_and_the_instruction() -> None:
    assert PROMPTS.message(CAPITAL, "cot") == "Capital of Peru?\nA. Oslo\nB. Lima\nReason, then: So it is ..."


def test_choices_that_are_stated_by_text_are_listed_in_brackets() -> None:
    assert "\n(A) Oslo\n(B) Lima\n" in replace(PROMPTS, choice="text").message(CAPITAL, "cot")


def test_the_direct_style_has_its_own_instruction() -> None:
    assert PROMPTS.message(SUM, "direct") == "2 + 2?\nOnly: So it is ..."


def test_a_gold_letter_is_stated_as_bare_as_a_number() -> None:
    assert [PROMPTS.statement(SUM), PROMPTS.statement(CAPITAL)] == ["So it is 4.", "So it is B."]


def test_a_gold_choice_can_be_stated_by_its_text_without_a_second_full_stop() -> None:
    by_text = replace(PROMPTS, choice="text")
    sentence = Example("c", "What then?", "A", choices=("It rained.", "It snowed."))
    assert [by_text.statement(e) for e in (SUM, CAPITAL, sentence)] == ["So it is 4.", "So it is Lima.", "So it is It rained."]


def test_an_unknown_way_to_state_a_choice_is_refused() -> None:
    with pytest.raises(ValueError, match=r"prompt\.choice: expected letter or text, got 'number'"):
        replace(PROMPTS, choice="number")


@pytest.mark.parametrize(
    ("chain", "text"),
    [((), "So it is"), (("one\n",), "one\nSo it is"), (("one. ", "two."), "one. two.\nSo it is"), (("one\n\n",), "one\n\nSo it is")],
)
def test_the_cue_stands_on_a_line_of_its_own_behind_the_chain(chain: tuple[str, ...], text: str) -> None:
    assert PROMPTS.elicit(chain) == text


@pytest.mark.parametrize("name", ["cot", "direct", "cue"])
def test_an_empty_wording_is_refused_by_its_name(name: str) -> None:
    with pytest.raises(ValueError, match=rf"prompt\.{name} is empty"):
        replace(PROMPTS, **{name: " "})


@pytest.mark.parametrize("name", ["cot", "direct"])
def test_an_instruction_that_does_not_show_the_cue_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=rf"prompt\.{name} must show the model the answer cue 'So it is'"):
        replace(PROMPTS, **{name: "Think."})
