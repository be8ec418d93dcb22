"""Text to token ids: one encoder for training, evaluation and probes.

The prompt and what follows it are tokenised apart and joined by id, so that the boundary seen in training is the one
seen at generation. Labels are known by position: everything behind the prompt, end of turn included, is supervised.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from cotfaith.text.chat import Chat, ChatTokenizer
from cotfaith.text.prompts import Prompts
from cotfaith.types import Chain, Elicitation, Example, Style


@dataclass(frozen=True)
class Encoder:
    """Prompts and targets as token ids.

    stop_ids: token ids that end the assistant's turn: those of the tokenizer and the generation config, and the one that the chat
        template writes behind an answer.

    Raises:
        ValueError: the chat template cannot serve (`text.chat.Chat`), ends no turn, or writes more than one BOS.
    """

    tokenizer: ChatTokenizer
    prompts: Prompts
    stop_ids: Collection[int]
    chat: Chat = field(init=False)
    end_of_turn: tuple[int, ...] = field(init=False)  # what the model must write after its answer

    def __post_init__(self) -> None:
        object.__setattr__(self, "chat", Chat(self.tokenizer, self.prompts.system, self.prompts.thinking))
        if self.prompts.elicitation == "turn":
            self.chat.around("?", self.prompts.turn)
        object.__setattr__(self, "end_of_turn", self._end_of_turn())
        object.__setattr__(self, "stop_ids", frozenset(self.stop_ids) | {self.end_of_turn[-1]})

    def prompt(self, example: Example, style: Style) -> list[int]:
        """The conversation up to where the assistant writes."""
        ids = self.continuation(self.chat.before(self.prompts.message(example, style)))  # the template writes its own BOS
        if self.tokenizer.bos_token_id is not None and ids[:2] == [self.tokenizer.bos_token_id] * 2:
            raise ValueError(f"the chat template of {self.tokenizer.name_or_path!r} writes more than one BOS token; expected at most one")
        return ids

    def target(self, example: Example, chain: Chain) -> list[int]:
        """What the assistant should write: the chain, the answer, the end of the turn."""
        statement = self.prompts.statement(example)
        text = self.prompts.elicit(chain) + statement.removeprefix(self.prompts.cue)
        return self.continuation(self.chat.opening + text) + list(self.end_of_turn)

    def answer(self, example: Example, answer: str) -> list[int]:
        """The statement of an answer behind the cue, full stop included, as it is tokenised in a target; the end of the turn is left out.

        The same ids whatever chain stands before the cue, so that their probabilities can be compared over chains.
        """
        stated = replace(example, answer=answer)
        start, ids = self.elicit(()), self.target(stated, ())[: -len(self.end_of_turn)]
        if ids[: len(start)] == start and len(ids) > len(start):
            return ids[len(start) :]
        return self.continuation(self.prompts.statement(stated).removeprefix(self.prompts.cue))  # one token spans the boundary

    def elicit(self, chain: Chain) -> list[int]:
        """The assistant's turn up to the answer, for `prefill` elicitation."""
        return self.continuation(self.chat.opening + self.prompts.elicit(chain))

    def eliciting(self, elicitation: Elicitation) -> Encoder:
        """The same with another way of asking for the answer."""
        same = elicitation == self.prompts.elicitation
        return self if same else replace(self, prompts=replace(self.prompts, elicitation=elicitation))

    def begin(self, chain: Chain) -> list[int]:
        """The first steps of the assistant's turn, for the model to go on with; nothing where there are none."""
        return self.continuation(self.chat.opening + begun_text(chain)) if chain else []

    def continuation(self, text: str) -> list[int]:
        """Text as it stands: nothing is put before or behind it."""
        return self.tokenizer.encode(text, add_special_tokens=False)

    def decode(self, ids: Sequence[int], *, special: bool = False) -> str:
        """Ids as text, special tokens left out unless they are asked for."""
        return str(self.tokenizer.decode(list(ids), skip_special_tokens=not special))

    def facts(self) -> dict[str, Any]:
        """All that token ids depend on besides examples and code, as plain JSON; "tokenizer" is None for one in Python, which cannot be hashed."""
        backend = getattr(self.tokenizer, "backend_tokenizer", None)
        return {
            "tokenizer": None if backend is None else hashlib.sha256(backend.to_str().encode()).hexdigest(),
            "template": [self.chat.source, self.chat.before("?"), self.chat.after()],
            "prompts": asdict(self.prompts),
            "stops": sorted(self.stop_ids),
        }

    def _end_of_turn(self) -> tuple[int, ...]:
        """The ids behind the assistant's text up to the first that stops generation: a known stop, or a special token of the template."""
        tail = self.continuation(self.chat.after())
        ending = {*self.stop_ids, *self.tokenizer.all_special_ids}
        ends = [place for place, token in enumerate(tail) if token in ending]
        if not ends:
            name, known = self.tokenizer.name_or_path, sorted(ending)
            raise ValueError(f"the chat template of {name!r} ends the assistant's turn with {tail}, none of the stop tokens {known}")
        return tuple(tail[: ends[0] + 1])


def begun_text(chain: Chain) -> str:
    """The text of steps to go on with. Spaces at its end are left to the model: they belong to the first token that it writes."""
    return "".join(chain).rstrip(" ")


def hash_ids(ids: Sequence[int]) -> str:
    """A short stable name for a row of token ids (16 hexadecimal digits of SHA-256)."""
    return hashlib.sha256(" ".join(map(str, ids)).encode()).hexdigest()[:16]
