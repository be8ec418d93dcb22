"""What is learned from an example: the chain and the answer, or the answer alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from cotfaith.text.encoding import Encoder
from cotfaith.types import Example


@dataclass(frozen=True, slots=True)
class Row:
    """One training example as token ids; loss is taken on `target` only."""

    prompt: tuple[int, ...]
    target: tuple[int, ...]  # end of turn included


@dataclass(frozen=True, kw_only=True)
class Target:
    """How an example becomes a row.

    learn: "chain_and_answer" is asked for with the chain-of-thought prompt; the answer alone, which is all there is where an example has
        no gold chain, with the direct prompt: nothing is learned under a prompt that asks for more. A chain of no steps is a chain.
    """

    learn: Literal["chain_and_answer", "answer_only"]

    def __post_init__(self) -> None:
        if self.learn not in ("chain_and_answer", "answer_only"):
            raise ValueError(f"target.learn: expected chain_and_answer or answer_only, got {self.learn!r}")

    def row(self, example: Example, encoder: Encoder) -> Row:
        if self.learn == "chain_and_answer" and example.chain is not None:
            return Row(tuple(encoder.prompt(example, "cot")), tuple(encoder.target(example, example.chain)))
        return Row(tuple(encoder.prompt(example, "direct")), tuple(encoder.target(example, ())))
