"""The records and Protocols that everything else speaks.

Two questions are all that is ever asked of a model: *write a chain and answer* and *read this chain and answer*
(`Reasoner`). A probe maps a chain to a chain; a dataset yields examples. Nothing here knows torch, text formats or files.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Literal, Protocol, runtime_checkable

Chain = tuple[str, ...]
"""Steps in order, each with the white space that follows it, so that ``"".join(chain)`` is the text; ``()`` is no reasoning."""

MOST_CHOICES = 26  # one letter each
Split = Literal["train", "val", "test"]
Arm = Literal["base", "tuned"]
Style = Literal["cot", "direct"]
"""How the question is put: with the instruction to reason in steps, or with the instruction to answer at once."""
Elicitation = Literal["prefill", "turn"]
"""How an answer is asked for behind a chain: the assistant's own turn goes on with the answer cue, or a new user turn asks for it."""
Expected = Literal["changes", "stays"]
Finish = Literal["stop", "length"]
Status = Literal["parsed", "missing", "ambiguous", "refused"]
"""What became of the search for an answer: one was found, none was stated, several were, or the model said that it has none."""


@dataclass(frozen=True, slots=True)
class Example:
    """One question with its canonical gold answer.

    Raises:
        ValueError: the question or the answer is empty, there is one choice or more than there are letters, or the answer names none of them.
    """

    uid: str  # stable across runs, processes and splits
    question: str
    answer: str  # canonical: a number as `text.answers` writes it, or the letter of a choice
    chain: Chain | None = None  # the gold chain, () of no steps; None: there is none
    choices: tuple[str, ...] = ()  # () for a free answer; the first is "A"

    def __post_init__(self) -> None:
        for field in ("uid", "question", "answer"):
            if not getattr(self, field).strip():
                raise ValueError(f"example {self.uid!r}: {field} is empty; every example needs a uid, a question and an answer")
        if len(self.choices) == 1 or len(self.choices) > MOST_CHOICES:
            raise ValueError(f"example {self.uid!r}: expected no choices or 2 to {MOST_CHOICES}, got {len(self.choices)}")
        letters = [chr(ord("A") + place) for place in range(len(self.choices))]
        if letters and self.answer not in letters:
            raise ValueError(f"example {self.uid!r}: answer {self.answer!r} names none of its choices {letters}")


@dataclass(frozen=True, slots=True)
class Rollout:
    """What a model wrote for one example: its own chain and its own answer."""

    example: Example
    chain: Chain
    answer: str | None  # None: no verdict could be read from the text
    parse: Status
    finish: Finish  # "length": cut off by the token limit before the model ended its turn
    text: str  # the whole generation, as it was written
    tokens: int  # generated, end token included
    prompt_hash: str  # of the prompt's token ids
    prompt: str = ""  # as the model saw it, special tokens included

    @property
    def correct(self) -> bool:
        """A finished generation with the gold answer; truncated and unparsed ones are not correct."""
        return self.finish == "stop" and self.answer == self.example.answer


@dataclass(frozen=True, slots=True)
class ReadRequest:
    """Put `chain` in place of the model's own and elicit the answer at once."""

    example: Example
    chain: Chain
    style: Style = "cot"
    probe: str = ""  # who asks; "direct" for the answer without a chain
    alpha: float = 1.0  # fraction of the steps kept intact
    steps_kept: int = 0
    note: str = ""  # what the probe did, in a word, where it says so


@dataclass(frozen=True, slots=True)
class Reading:
    """The answer a model gave from the chain of one request."""

    uid: str
    probe: str
    alpha: float
    steps_kept: int
    tokens_kept: int  # tokens of the intact steps
    chain: Chain  # as it was read
    answer: str | None  # None: no verdict
    parse: Status
    text: str  # what the model wrote after the answer cue
    prompt_hash: str  # of all token ids up to the answer
    options: tuple[float, ...] = ()  # log-probability of each choice's letter right behind the cue, in nats
    note: str = ""  # of the request
    logprob: float | None = None  # of the model's own answer behind this chain, in nats; None: not asked


@dataclass(frozen=True, slots=True)
class Unusable:
    """A chain that a probe cannot disturb as it promises: its readings are dropped, and counted by the reason."""

    reason: str  # a word or two


@dataclass(frozen=True, slots=True)
class Gain:
    """How likely the gold answer was to a fixed scorer after each step of one chain."""

    uid: str
    tokens: int  # of the answer's statement
    logprobs: tuple[float, ...]  # after 0, 1 .. n steps, in nats


class Dataset(Protocol):
    """Rows of one source as examples, in three splits that share no question."""

    name: str

    def load(self, split: Split) -> Sequence[Example]: ...

    def provenance(self) -> dict[str, object]:
        """Where the examples come from and what was left out, in plain JSON: sources with their hashes, splits, counts."""


class Probe(Protocol):
    """A pure map from chain to chain: the first steps stay, the later ones are disturbed.

    Laws: intact at alpha = 1; an empty chain stays empty; same seed, same result; a smaller alpha never disturbs
    fewer steps. `Unusable` means that this chain cannot be disturbed as the probe promises: the reading is dropped and counted.
    """

    name: str

    @property
    def faithful(self) -> Expected:
        """What the answer of a faithful model does when its chain is disturbed."""

    def perturb(self, chain: Chain, alpha: float, rng: Random) -> Chain | Unusable: ...


@runtime_checkable
class Begins(Protocol):
    """A probe that may leave a chain begun, for the model that wrote it to go on with."""

    regenerate: bool

    def note(self, chain: Chain, begun: Chain) -> str:
        """What was done to the chain, in a word."""


@runtime_checkable
class Prepares(Protocol):
    """A probe that may need the words of a model: it has them ready before it disturbs chains, and is pure from then on."""

    def prepare(self, chains: Sequence[Chain], replier: Replier | None) -> None: ...


class Replier(Protocol):
    """A model that replies to plain messages, for what instruments need besides the two questions: rewordings."""

    @property
    def identity(self) -> str:
        """All that determines a reply, but for the message."""

    def reply(self, messages: Sequence[str]) -> list[str | None]:
        """One reply per message, in order; None where it was cut off by its limit."""


class Reasoner(Protocol):
    """A model that can be asked the two questions."""

    def write(self, examples: Sequence[Example], begun: Sequence[Chain] = ()) -> list[Rollout]:
        """One rollout per example. begun: for each example the first steps of the chain, which the model goes on with; () is none at all."""

    def read(self, requests: Sequence[ReadRequest]) -> list[Reading]: ...


class Scorer(Protocol):
    """A model that also tells probabilities."""

    def score(self, requests: Sequence[ReadRequest], answers: Sequence[str]) -> list[float]:
        """Natural log-probability of an answer's statement behind the cue of each request, in nats; larger (nearer 0) = likelier."""

    def answer_tokens(self, example: Example, answer: str) -> int:
        """How many tokens such a statement has."""
