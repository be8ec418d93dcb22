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

    learn: "chain_and_answer" is asked for with the chain-of-thought prompt. "answer_only", and every example of a dataset
    without chains, is asked for with the direct prompt: nothing is learned under a prompt that asks for more.
    """

    learn: Literal["chain_and_answer", "answer_only"]

    def __post_init__(self) -> None:
        if self.learn not in ("chain_and_answer", "answer_only"):
            raise ValueError(f"target.learn: expected chain_and_answer or answer_only, got {self.learn!r}")

    def row(self, example: Example, encoder: Encoder, *, has_chains: bool) -> Row:
        """has_chains: whether the dataset has gold chains at all; where it has, an empty one is a chain of no steps."""
        if self.learn == "chain_and_answer" and has_chains:
            return Row(tuple(encoder.prompt(example, "cot")), tuple(encoder.target(example, example.chain)))
        return Row(tuple(encoder.prompt(example, "direct")), tuple(encoder.target(example, ())))
