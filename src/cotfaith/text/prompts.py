"""The words around a question: lettered choices, the instruction, the cue that elicits the answer.

One `Prompts` serves training, evaluation and probes. It knows no tokenizer and no chat template.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from cotfaith.text.choices import letters
from cotfaith.types import Chain, Elicitation, Example, Style


@dataclass(frozen=True, kw_only=True)
class Prompts:
    """The wording of both styles; `cue` opens the answer statement and is what `text.generations` looks for.

    choice: what a gold statement names a choice by, its letter ("A. Oslo" in the list, "The answer is A.") or its text ("(A) Oslo", "The
        answer is Oslo."). Both are read. A model of a million parameters can copy an option and hardly point at its letter.
    system: the system message. thinking: the chain stands between ``<think>`` and ``</think>``.
    elicitation: how a reading asks for the answer behind a chain; "turn" by a new user turn that says `turn`.

    Raises:
        ValueError: an instruction or the cue is empty, an instruction does not show the cue, or a thought is to be asked about in a new turn.
    """

    cot: str
    direct: str
    cue: str
    choice: Literal["letter", "text"]
    system: str | None = None
    thinking: bool = False
    elicitation: Elicitation = "prefill"
    turn: str = ""

    def __post_init__(self) -> None:
        for name in ("cot", "direct", "cue"):
            if not getattr(self, name).strip():
                raise ValueError(f"prompt.{name} is empty; expected the wording of the {name} prompt")
        if self.choice not in ("letter", "text"):
            raise ValueError(f"prompt.choice: expected letter or text, got {self.choice!r}")
        if self.elicitation not in ("prefill", "turn"):
            raise ValueError(f"prompt.elicitation: expected prefill or turn, got {self.elicitation!r}")
        if self.elicitation == "turn" and self.thinking:
            raise ValueError("prompt.elicitation=turn with prompt.thinking=true: templates drop thoughts of earlier turns; expected prefill")
        for name in ("cot", "direct", "turn") if self.elicitation == "turn" else ("cot", "direct"):
            if self.cue not in getattr(self, name):
                raise ValueError(f"prompt.{name} must show the model the answer cue {self.cue!r}, got {getattr(self, name)!r}")

    def message(self, example: Example, style: Style) -> str:
        """The user's turn: question, choices, instruction."""
        label = "{}. {}" if self.choice == "letter" else "({}) {}"
        lettered = [label.format(*pair) for pair in zip(letters(example.choices), example.choices, strict=True)]
        return "\n".join([example.question, *lettered, self.cot if style == "cot" else self.direct])

    def statement(self, example: Example) -> str:
        """The gold answer as a finished statement: ``The answer is 12.``, ``The answer is B.`` or ``The answer is Lima.``"""
        if not example.choices or self.choice == "letter":  # bare, so that the letter's token stands right behind the cue
            return f"{self.cue} {example.answer}."
        return f"{self.cue} {example.choices[letters(example.choices).index(example.answer)].rstrip('.')}."

    def elicit(self, chain: Chain) -> str:
        """The assistant's turn up to the answer: the chain, the end of the thought where there is one, on a line of its own the cue."""
        text = "".join(chain)
        if self.thinking:  # the prompt has opened the thought; an empty one is written as templates write it
            return f"{text}{'' if text.endswith(chr(10)) else chr(10)}</think>\n\n{self.cue}"
        return f"{text}{'' if not text or text.endswith(chr(10)) else chr(10)}{self.cue}"
