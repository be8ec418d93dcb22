"""Plain replies of the run's own base model, its adapter switched off: the paraphraser `self`, the same for both arms."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property

from transformers import PreTrainedModel

from cotfaith.engine.decoding import Decoding
from cotfaith.engine.tokens import TokenEngine
from cotfaith.text.encoding import Encoder

_LONGEST = 256  # tokens of a reply; a step is a line or a sentence


class BaseReplies:
    """Replies greedily, through the chat template.

    weights: the hash of the base's weights; asked for once, with the first reply.
    """

    def __init__(self, model: PreTrainedModel, encoder: Encoder, decoding: Decoding, weights: Callable[[], str]) -> None:
        self.model = model
        self.encoder = encoder
        self.decoding = replace(decoding, temperature=0.0, stop_strings=(), max_new_tokens=min(decoding.max_new_tokens, _LONGEST))
        self.weights = weights

    @cached_property
    def identity(self) -> str:
        """The weights, the template with its system message, and the limit of a reply."""
        frame = hashlib.sha256(f"{self.encoder.chat.before('')}\0{self.encoder.chat.source}".encode()).hexdigest()[:16]
        return f"base/{self.weights()}/{frame}/{self.decoding.max_new_tokens}"

    def reply(self, messages: Sequence[str]) -> list[str | None]:
        """One reply per message, in order, behind its thought where there is one; None where it was cut off by the limit."""
        prompts = [tuple(self.encoder.continuation(self.encoder.chat.before(message))) for message in messages]
        written = self._engine.write(prompts, [str(place) for place in range(len(prompts))])
        ended = [bool(ids) and (ids[-1] in self.encoder.stop_ids) for ids in written]
        return [self.encoder.decode(ids).rpartition("</think>")[2].strip() if whole else None for ids, whole in zip(written, ended, strict=True)]

    @cached_property
    def _engine(self) -> TokenEngine:
        return TokenEngine(self.model, self.decoding, stops=list(self.encoder.stop_ids), decode=self.encoder.decode, arm="base")
