"""What a tokenizer's chat template writes around the two turns of a question: before the assistant's words, and after them.

Text only; `text.encoding` makes token ids of it. A base model without a template gets a plain one.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

from jinja2 import TemplateError

log = logging.getLogger(__name__)

_SAID = "cotfaith"  # an assistant turn that no template changes, to see what a template writes around it
_EMPTY_THOUGHT = re.compile(r"<think>\s*</think>\s*\Z")
_OPEN_THOUGHT = re.compile(r"<think>\s*\Z")
# Llama 3.1 and later put today's date into every prompt: a run could not be repeated tomorrow. It is the default of their own template.
_DATE = "26 Jul 2024"
_PLAIN = "{% for m in messages %}{{ m['content'] }}{% if m['role'] == 'assistant' %}{{ eos_token }}{% else %}{{ '\n\n' }}{% endif %}{% endfor %}"


class ChatTokenizer(Protocol):
    """The part of a transformers tokenizer that is used here."""

    name_or_path: str
    bos_token: Any
    bos_token_id: int | None
    eos_token_id: int | None
    chat_template: Any

    @property
    def all_special_ids(self) -> Any: ...
    def apply_chat_template(self, conversation: Any, *, tokenize: bool, add_generation_prompt: bool = False, **kwargs: Any) -> Any: ...
    def encode(self, text: str, *, add_special_tokens: bool) -> list[int]: ...
    def decode(self, token_ids: Any, *, skip_special_tokens: bool) -> Any: ...


@dataclass(frozen=True)
class Chat:
    """Renders a question with one tokenizer's template.

    system: the system message; where a template refuses or drops one, it opens the user's message.
    thinking: the model reasons between ``<think>`` and ``</think>``; without it, a template that thinks is given an empty thought.

    Raises:
        ValueError: the template cannot serve: what it writes before an answer is no prefix of the conversation with the answer, or it
            thinks where it must not, or cannot think where it must.
    """

    tokenizer: ChatTokenizer
    system: str | None = None
    thinking: bool = False

    def __post_init__(self) -> None:
        if self.tokenizer.chat_template is None and self.tokenizer.eos_token_id is None:
            raise ValueError(f"the tokenizer of {self.tokenizer.name_or_path!r} has neither a chat template nor an end token; expected one of them")
        self.after()

    @property
    def source(self) -> str:
        """The template's own text, for hashes."""
        return _PLAIN if self.tokenizer.chat_template is None else str(self.tokenizer.chat_template)

    def before(self, message: str) -> str:
        """All text up to where the assistant writes; an empty thought, or in thinking the opening tag, is not left to it."""
        prompt = self._prompt(message)
        if not self.thinking:
            return prompt + ("" if self.opening else self._lead)
        return prompt if _OPEN_THOUGHT.search(prompt) else f"{prompt}<think>\n"

    @cached_property
    def opening(self) -> str:
        """White space that the template writes before an assistant's words and not into the prompt: the model writes it itself."""
        lead = self._lead
        return lead if not lead.strip() else ""

    def around(self, message: str, question: str) -> tuple[str, str]:
        """For a second question: all text up to where the assistant writes first, and from behind its words to where it writes again.

        Raises:
            ValueError: the template does not show the first turns once there is a further one.
        """
        try:
            whole = self._render([*self._turns(message, _SAID), {"role": "user", "content": question}], add_generation_prompt=True)
        except TemplateError as error:
            whole = str(error)
        before, said, behind = whole.rpartition(_SAID)
        if not said or question.strip() not in behind:
            raise self._cannot("prompt.elicitation=turn, but the template hides or refuses a reply before a second question", whole)
        return before.removesuffix(self.opening), behind + ("" if self.opening else self._lead)

    def after(self) -> str:
        """The text behind the assistant's last word."""
        prompt, whole = self._prompt("?"), self._render(self._turns("?", _SAID))
        closed = _EMPTY_THOUGHT.search(prompt) is not None
        if self.thinking and "<think>" not in self.source:
            raise self._cannot("prompt.thinking=true, but the template knows no <think>", prompt)
        if self.thinking and closed:
            raise self._cannot("prompt.thinking=true, but the template closes the thought itself", prompt)
        if not self.thinking and not closed and _OPEN_THOUGHT.search(prompt):
            raise self._cannot("the template opens a thought; expected prompt.thinking=true", prompt)
        start = _without_thought(prompt)
        if not whole.startswith(start) or _SAID not in whole[len(start) :]:
            raise self._cannot(f"expected the rendered prompt to be a prefix of the conversation, got {whole!r} behind", prompt)
        return whole[len(start) :].partition(_SAID)[2]

    @cached_property
    def _lead(self) -> str:
        """What the template writes before an assistant's words and not into the prompt: an empty thought of a model that can think, a space."""
        prompt, whole = self._prompt("?"), self._render(self._turns("?", _SAID))
        return whole[len(prompt) :].partition(_SAID)[0] if whole.startswith(prompt) else ""

    def _prompt(self, message: str) -> str:
        return self._render(self._turns(message), add_generation_prompt=True)

    def _turns(self, message: str, said: str | None = None) -> list[dict[str, str]]:
        answer = [] if said is None else [{"role": "assistant", "content": said}]
        if not self.system:
            return [{"role": "user", "content": message}, *answer]
        if self._takes_system():
            return [{"role": "system", "content": self.system}, {"role": "user", "content": message}, *answer]
        return [{"role": "user", "content": f"{self.system}\n\n{message}"}, *answer]

    def _takes_system(self) -> bool:
        try:
            return _SAID in self._render([{"role": "system", "content": _SAID}, {"role": "user", "content": "?"}])
        except TemplateError:  # "System role not supported"
            return False

    def _render(self, turns: Sequence[dict[str, str]], **options: Any) -> str:
        template: dict[str, Any] = {"chat_template": _PLAIN} if self.tokenizer.chat_template is None else {}
        # Templates know the switch by three names, and ignore those they do not know.
        switches = dict.fromkeys(("enable_thinking", "thinking", "open_thinking"), self.thinking)
        text = str(self.tokenizer.apply_chat_template(list(turns), tokenize=False, date_string=_DATE, **switches, **template, **options))
        if self.tokenizer.chat_template is not None:
            return text
        begins = self.tokenizer.encode("?", add_special_tokens=True)[:1] == [self.tokenizer.bos_token_id]
        return f"{self.tokenizer.bos_token}{text}" if begins and self.tokenizer.bos_token_id is not None else text

    def _cannot(self, reason: str, prompt: str) -> ValueError:
        return ValueError(f"the chat template of {self.tokenizer.name_or_path!r} cannot serve: {reason} ({prompt!r})")


def _without_thought(prompt: str) -> str:
    return _OPEN_THOUGHT.sub("", _EMPTY_THOUGHT.sub("", prompt))
