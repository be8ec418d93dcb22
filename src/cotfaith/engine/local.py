"""The Reasoner on a local model: text in, text out, by the token engine below it.

An answer is always read behind the answer cue, in the turn of the chain or in one of its own (`text.elicitation`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from transformers import PreTrainedModel

from cotfaith.engine.budget import Budget
from cotfaith.engine.decoding import Decoding, stopping
from cotfaith.engine.letters import letter_ids, option_logprobs
from cotfaith.engine.meter import Cost
from cotfaith.engine.reading import Answer
from cotfaith.engine.scoring import Saying
from cotfaith.engine.tokens import TokenEngine
from cotfaith.engine.trees import Row
from cotfaith.text.answers import parse
from cotfaith.text.elicitation import Elicitor
from cotfaith.text.encoding import Encoder, begun_text, hash_ids
from cotfaith.text.generations import read_answer
from cotfaith.text.steps import split_steps
from cotfaith.types import Arm, Chain, Example, Reading, ReadRequest, Rollout


@dataclass(frozen=True, slots=True)
class _Asked:
    """A request as token ids."""

    request: ReadRequest
    row: Row  # prompt, chain, cue
    kept: int  # tokens of the intact steps


class LocalReasoner:
    """Asks one arm of a model; arm "base" is the same model with its adapter switched off.

    scale: of the tuned arm's adapter, 0 to 1; between them lies a model that was not trained but is on the way. budget: see `TokenEngine`.
    """

    def __init__(
        self,
        model: PreTrainedModel,
        encoder: Encoder,
        decoding: Decoding,
        *,
        arm: Arm = "tuned",
        scale: float = 1.0,
        budget: Budget | None = None,
    ) -> None:
        self.encoder = encoder
        self.elicitor = Elicitor(encoder)
        self.ends = stopping(decoding.stop_strings, encoder.decode)
        self.engine = TokenEngine(model, decoding, stops=list(encoder.stop_ids), decode=encoder.decode, arm=arm, scale=scale, budget=budget)

    def write(self, examples: Sequence[Example], begun: Sequence[Chain] = ()) -> list[Rollout]:
        """One rollout per example, in order: the model's own chain and answer to the chain-of-thought prompt.

        begun: the first steps of each chain, which the model goes on with; they are part of the rollout's chain and text, not of its tokens.
        """
        begun = begun or [()] * len(examples)
        prompts = [(*self.encoder.prompt(example, "cot"), *self.encoder.begin(chain)) for example, chain in zip(examples, begun, strict=True)]
        written = self.engine.write(prompts, [example.uid for example in examples])
        return [self._rollout(*each) for each in zip(examples, prompts, begun, written, strict=True)]

    def read(self, requests: Sequence[ReadRequest]) -> list[Reading]:
        """One reading per request, in order; requests that come to the same token ids are read once."""
        asked = self._asked(requests)
        by_example: dict[str, dict[Row, None]] = {}
        for each in asked:
            by_example.setdefault(each.request.example.uid, {})[each.row] = None
        letters = letter_ids(self.encoder, max((len(request.example.choices) for request in requests), default=0))
        answers = self.engine.read([list(rows) for rows in by_example.values()], [one for ids in letters for one in ids], list(by_example))
        return [self._reading(each, answers[each.row], letters) for each in asked]

    def score(self, requests: Sequence[ReadRequest], answers: Sequence[str]) -> list[float]:
        """Log-probability of an answer behind the cue of each request, in nats, summed over the tokens of its statement.

        answers: canonical; what is scored is what training would have the model write for them (`Encoder.answer`), in one spelling.
        """
        asked = self._asked(requests)
        words = cache(lambda example, answer: tuple(self.encoder.answer(example, answer)))
        sayings = [(each.row, words(each.request.example, answer)) for each, answer in zip(asked, answers, strict=True)]
        by_example: dict[str, dict[Saying, None]] = {}
        for each, saying in zip(asked, sayings, strict=True):
            by_example.setdefault(each.request.example.uid, {})[saying] = None
        found = self.engine.score([list(each) for each in by_example.values()], list(by_example))
        return [found[saying] for saying in sayings]

    def answer_tokens(self, example: Example, answer: str) -> int:
        """How many tokens `score` sums over."""
        return len(self.encoder.answer(example, answer))

    def costs(self) -> dict[str, Cost]:
        """What has been run since the last time this was asked, by phase."""
        costs, self.engine.meter.costs = self.engine.meter.costs, {}
        return costs

    def _asked(self, requests: Sequence[ReadRequest]) -> list[_Asked]:
        prompt, behind = cache(self.elicitor.prompt), cache(self.elicitor.behind)  # probes and alphas share most of what they ask
        count = cache(lambda steps: len(self.encoder.continuation("".join(steps))) if steps else 0)
        rows = [(*prompt(each.example, each.style), *behind(each.chain, each.style)) for each in requests]
        return [_Asked(each, row, count(each.chain[: each.steps_kept])) for each, row in zip(requests, rows, strict=True)]

    def _rollout(self, example: Example, prompt: Row, begun: Chain, ids: Sequence[int]) -> Rollout:
        start = begun_text(begun)
        text = start + self.encoder.decode(ids)
        finished = bool(ids) and (ids[-1] in self.encoder.stop_ids or self.ends(ids))
        opened = "<think>\n" if self.encoder.prompts.thinking else ""  # the prompt has opened the thought
        parts = read_answer(opened + text, self.encoder.prompts.cue, example.choices, finished=finished)
        return Rollout(
            example=example,
            chain=_gone_on(begun, start, parts.chain),
            answer=parts.verdict.answer,
            parse=parts.verdict.status,
            finish="stop" if finished else "length",
            text=text,
            tokens=len(ids),
            prompt_hash=hash_ids(prompt),
            prompt=self.encoder.decode(prompt, special=True),
        )

    def _reading(self, asked: _Asked, answer: Answer, letters: Sequence[Sequence[int]]) -> Reading:
        request, text = asked.request, self.encoder.decode(answer.ids)
        verdict = parse(text, request.example.choices)
        count = len(request.example.choices)
        return Reading(
            uid=request.example.uid,
            probe=request.probe,
            alpha=request.alpha,
            steps_kept=request.steps_kept,
            tokens_kept=asked.kept,
            chain=request.chain,
            answer=verdict.answer,
            parse=verdict.status,
            text=text,
            prompt_hash=hash_ids(asked.row),
            note=request.note,
            options=option_logprobs(answer.logprobs.tolist(), letters)[:count] if count else (),
        )


def _gone_on(begun: Chain, start: str, chain: str) -> Chain:
    """The steps of a chain that opens with begun ones, as these were cut."""
    if not begun or not chain.startswith(start):  # a begun step that states an answer ends the chain before it
        return split_steps(chain)
    last = begun[-1].removesuffix(" " * (len("".join(begun)) - len(start)))
    return (*begun[:-1], last, *split_steps(chain[len(start) :]))
