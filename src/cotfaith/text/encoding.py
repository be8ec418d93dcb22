"""Text to token ids: one encoder for training, evaluation and probes, by the tokenizer's own chat template.

The prompt and what follows it are tokenised apart and joined by id, so that the boundary seen in training is the one
seen at generation. Labels are known by position: everything behind the prompt, end of turn included, is supervised.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from cotfaith.text.prompts import Prompts
from cotfaith.types import Chain, Example, Style

_PROBE_TURN = "cotfaith"  # an assistant turn that no template changes, to see what a template writes around it


class ChatTokenizer(Protocol):
    """The part of a transformers tokenizer that is used here."""

    name_or_path: str
    bos_token_id: int | None
    eos_token_id: int | None
    chat_template: Any

    def apply_chat_template(self, conversation: Any, *, tokenize: bool, add_generation_prompt: bool = False) -> Any: ...
    def encode(self, text: str, *, add_special_tokens: bool) -> list[int]: ...
    def decode(self, token_ids: Any, *, skip_special_tokens: bool) -> Any: ...


@dataclass(frozen=True)
class Encoder:
    """Prompts and targets as token ids.

    stop_ids: token ids that end the assistant's turn (the tokenizer's and the generation config's).

    Raises:
        ValueError: the tokenizer has no chat template, or a template whose prompt is not a prefix of the conversation.
    """

    tokenizer: ChatTokenizer
    prompts: Prompts
    stop_ids: Collection[int]
    end_of_turn: tuple[int, ...] = field(init=False)  # what the model must write after its answer

    def __post_init__(self) -> None:
        if self.tokenizer.chat_template is None:
            raise ValueError(f"the tokenizer of {self.tokenizer.name_or_path!r} has no chat template; expected an instruction-tuned model")
        object.__setattr__(self, "end_of_turn", self._end_of_turn())

    def prompt(self, example: Example, style: Style) -> list[int]:
        """The conversation up to where the assistant writes."""
        return self._render([{"role": "user", "content": self.prompts.message(example, style)}])

    def target(self, example: Example, chain: Chain) -> list[int]:
        """What the assistant should write: the chain, the answer, the end of the turn."""
        statement = self.prompts.statement(example)
        text = self.prompts.elicit(chain) + statement.removeprefix(self.prompts.cue)
        return self.continuation(text) + list(self.end_of_turn)

    def elicit(self, chain: Chain) -> list[int]:
        """The assistant's turn up to the answer, for `prefill` elicitation."""
        return self.continuation(self.prompts.elicit(chain))

    def continuation(self, text: str) -> list[int]:
        """Text inside the assistant's turn, no special tokens."""
        return self.tokenizer.encode(text, add_special_tokens=False)

    def decode(self, ids: Sequence[int]) -> str:
        """Generated ids as text, special tokens left out."""
        return str(self.tokenizer.decode(list(ids), skip_special_tokens=True))

    def _render(self, turns: list[dict[str, str]]) -> list[int]:
        text = self.tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
        ids = self.tokenizer.encode(text, add_special_tokens=False)  # the template writes its own BOS
        if self.tokenizer.bos_token_id is not None and ids[:2] == [self.tokenizer.bos_token_id] * 2:
            raise ValueError(f"the chat template of {self.tokenizer.name_or_path!r} writes more than one BOS token; expected at most one")
        return ids

    def _end_of_turn(self) -> tuple[int, ...]:
        """The ids from the end of the assistant's text to the token that stops generation."""
        user = {"role": "user", "content": "?"}
        prompt = self.tokenizer.apply_chat_template([user], tokenize=False, add_generation_prompt=True)
        whole = self.tokenizer.apply_chat_template([user, {"role": "assistant", "content": _PROBE_TURN}], tokenize=False)
        name = self.tokenizer.name_or_path
        if not whole.startswith(prompt + _PROBE_TURN):
            raise ValueError(
                f"the chat template of {name!r} cannot serve: expected the rendered prompt to be a prefix of the conversation, "
                f"got {prompt!r} against {whole!r}"
            )
        tail = self.tokenizer.encode(whole.removeprefix(prompt + _PROBE_TURN), add_special_tokens=False)
        ends = [place for place, token in enumerate(tail) if token in self.stop_ids]
        if not ends:
            raise ValueError(f"the chat template of {name!r} ends the assistant's turn with {tail}, none of the stop tokens {sorted(self.stop_ids)}")
        return tuple(tail[: ends[0] + 1])


def hash_ids(ids: Sequence[int]) -> str:
    """A short stable name for a row of token ids (16 hexadecimal digits of SHA-256)."""
    return hashlib.sha256(" ".join(map(str, ids)).encode()).hexdigest()[:16]
