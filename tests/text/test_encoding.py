"""Encoding: prompt and target join where generation starts, with one BOS and the end of the turn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from cotfaith.text.encoding import Encoder, hash_ids
from cotfaith.text.prompts import Prompts
from cotfaith.types import Example

PROMPTS = Prompts(cot="Reason. So: ...", direct="So: ...", cue="So:", choice="letter")
EXAMPLE = Example("a", "2 + 2?", "4", chain=("2 + 2 = 4\n",))
BOS, END = "\u0001", "\u0002"  # one character, one token
Turns = Sequence[dict[str, str]]


def chatml(turns: Turns, add_generation_prompt: bool) -> str:
    return BOS + "".join(f"<{turn['role']}>{turn['content']}{END}\n" for turn in turns) + "<assistant>" * add_generation_prompt


def answered(turns: Turns, add_generation_prompt: bool) -> str:
    """Marks a question that has its answer: the prompt is no prefix of the conversation."""
    said = chatml(turns, False) if len(turns) == 1 else chatml(turns, False).replace("<user>", "<answered>")
    return said + "<assistant>" * add_generation_prompt


def two_bos(turns: Turns, add_generation_prompt: bool) -> str:
    return BOS + chatml(turns, add_generation_prompt)


def no_bos(turns: Turns, add_generation_prompt: bool) -> str:
    return chatml(turns, add_generation_prompt).removeprefix(BOS)


@dataclass
class CharacterTokenizer:
    """A ChatTokenizer: one token per character, the code point its id."""

    chat_template: Callable[[Turns, bool], str] | None = field(default=chatml)
    name_or_path: str = "characters"
    bos_token_id: int | None = ord(BOS)
    eos_token_id: int | None = ord(END)
    bos_token: str = BOS
    all_special_ids: tuple[int, ...] = (ord(BOS), ord(END))

    def apply_chat_template(self, conversation: Any, *, tokenize: bool, add_generation_prompt: bool = False, **_: Any) -> str:
        assert self.chat_template is not None
        return self.chat_template(conversation, add_generation_prompt)

    def encode(self, text: str, *, add_special_tokens: bool) -> list[int]:
        return [ord(BOS)] * add_special_tokens + [ord(character) for character in text]

    def decode(self, token_ids: Any, *, skip_special_tokens: bool) -> str:
        return "".join(chr(token) for token in token_ids if not (skip_special_tokens and token in (ord(BOS), ord(END))))


def encoder(template: Callable[[Turns, bool], str] | None = chatml) -> Encoder:
    return Encoder(CharacterTokenizer(template), PROMPTS, {ord(END)})


def text(ids: Sequence[int]) -> str:
    return "".join(map(chr, ids))


def test_a_prompt_is_the_template_up_to_where_the_assistant_writes() -> None:
    assert text(encoder().prompt(EXAMPLE, "cot")) == f"{BOS}<user>2 + 2?\nReason. So: ...{END}\n<assistant>"


def test_a_target_is_the_chain_the_answer_and_the_end_of_turn() -> None:
    assert text(encoder().target(EXAMPLE, EXAMPLE.chain)) == f"2 + 2 = 4\nSo: 4.{END}"


def test_a_target_without_a_chain_is_the_answer_alone() -> None:
    assert text(encoder().target(EXAMPLE, ())) == f"So: 4.{END}"


def test_the_target_begins_exactly_where_the_prompt_ends() -> None:
    whole = chatml([{"role": "user", "content": "2 + 2?\nReason. So: ..."}, {"role": "assistant", "content": "2 + 2 = 4\nSo: 4."}], False)
    trained = text(encoder().prompt(EXAMPLE, "cot") + encoder().target(EXAMPLE, EXAMPLE.chain))
    assert trained == whole.removesuffix("\n")  # nothing is learned behind the token that stops generation


def test_the_end_of_turn_is_what_the_template_writes_up_to_the_stop_token() -> None:
    spaced = encoder(lambda turns, add: chatml(turns, add).replace(END, f" {END}"))
    assert text(spaced.end_of_turn) == f" {END}"


def test_a_reading_continues_the_turn_up_to_the_cue() -> None:
    assert text(encoder().elicit(("one\n",))) == "one\nSo:"
    assert encoder().target(EXAMPLE, ("one\n",))[: len("one\nSo:")] == encoder().elicit(("one\n",))


def test_the_prompt_has_one_bos_and_the_target_none() -> None:
    assert encoder().prompt(EXAMPLE, "cot").count(ord(BOS)) == 1
    assert encoder().target(EXAMPLE, EXAMPLE.chain).count(ord(BOS)) == 0


def test_a_template_that_writes_two_bos_is_refused() -> None:
    with pytest.raises(ValueError, match="chat template of 'characters' writes more than one BOS"):
        encoder(two_bos).prompt(EXAMPLE, "cot")


def test_a_template_without_bos_gets_none() -> None:
    assert ord(BOS) not in encoder(no_bos).prompt(EXAMPLE, "cot")


def test_a_template_whose_prompt_is_no_prefix_of_the_conversation_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match=r"chat template of 'characters' cannot serve: expected the rendered prompt to be a prefix"):
        encoder(answered)


def test_a_template_that_never_stops_the_turn_is_refused() -> None:
    with pytest.raises(ValueError, match=r"'characters' ends the assistant's turn with \[10\], none of the stop tokens \[1, 2\]"):
        encoder(lambda turns, add: chatml(turns, add).replace(END, ""))


def test_special_tokens_are_not_part_of_decoded_text() -> None:
    assert encoder().decode([ord("4"), ord("."), ord(END)]) == "4."


def test_a_hash_tells_rows_of_ids_apart_and_their_boundaries_too() -> None:
    assert hash_ids([1, 23]) == hash_ids((1, 23))
    assert len({hash_ids([1, 23]), hash_ids([12, 3]), hash_ids([123]), hash_ids([])}) == 4
    assert len(hash_ids([1])) == 16
