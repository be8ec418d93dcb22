"""The Reasoner on a local model: text in, text out, by the token engine below it.

Reading is by prefill: the assistant's turn is continued behind the answer cue.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from transformers import PreTrainedModel

from cotfaith.engine.decoding import Decoding, stopping
from cotfaith.engine.letters import letter_ids, option_logprobs
from cotfaith.engine.meter import Cost
from cotfaith.engine.reading import Answer
from cotfaith.engine.scoring import Saying
from cotfaith.engine.tokens import TokenEngine
from cotfaith.engine.trees import Row
from cotfaith.text.answers import parse
from cotfaith.text.encoding import Encoder, hash_ids
from cotfaith.text.generations import read_answer
from cotfaith.text.steps import split_steps
from cotfaith.types import Arm, Example, Reading, ReadRequest, Rollout


@dataclass(frozen=True, slots=True)
class _Asked:
    """A request as token ids."""

    request: ReadRequest
    row: Row  # prompt, chain, cue
    kept: int  # tokens of the intact steps


class LocalReasoner:
    """Asks one arm of a model; arm "base" is the same model with its adapter switched off.

    scale: of the tuned arm's adapter, 0 to 1; between them lies a model that was not trained but is on the way.
    """

    def __init__(self, model: PreTrainedModel, encoder: Encoder, decoding: Decoding, *, arm: Arm = "tuned", scale: float = 1.0) -> None:
        self.encoder = encoder
        self.ends = stopping(decoding.stop_strings, encoder.decode)
        self.engine = TokenEngine(model, decoding, stops=list(encoder.stop_ids), decode=encoder.decode, arm=arm, scale=scale)

    def write(self, examples: Sequence[Example]) -> list[Rollout]:
        """One rollout per example, in order: the model's own chain and answer to the chain-of-thought prompt."""
        prompts = [tuple(self.encoder.prompt(example, "cot")) for example in examples]
        written = self.engine.write(prompts, [example.uid for example in examples])
        return [self._rollout(example, prompt, ids) for example, prompt, ids in zip(examples, prompts, written, strict=True)]

    def read(self, requests: Sequence[ReadRequest]) -> list[Reading]:
        """One reading per request, in order; requests that come to the same token ids are read once."""
        asked = self._asked(requests)
        by_example: dict[str, dict[Row, None]] = {}
        for each in asked:
            by_example.setdefault(each.request.example.uid, {})[each.row] = None
        letters = letter_ids(self.encoder, max((len(request.example.choices) for request in requests), default=0))
        answers = self.engine.read([list(rows) for rows in by_example.values()], [one for ids in letters for one in ids])
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
        found = self.engine.score([list(each) for each in by_example.values()])
        return [found[saying] for saying in sayings]

    def answer_tokens(self, example: Example, answer: str) -> int:
        """How many tokens `score` sums over."""
        return len(self.encoder.answer(example, answer))

    def costs(self) -> dict[str, Cost]:
        """What has been run since the last time this was asked, by phase."""
        costs, self.engine.meter.costs = self.engine.meter.costs, {}
        return costs

    def _asked(self, requests: Sequence[ReadRequest]) -> list[_Asked]:
        prompt, elicit = cache(self.encoder.prompt), cache(self.encoder.elicit)  # probes and alphas share most of what they ask
        count = cache(lambda steps: len(self.encoder.continuation("".join(steps))) if steps else 0)
        return [_Asked(each, (*prompt(each.example, each.style), *elicit(each.chain)), count(each.chain[: each.steps_kept])) for each in requests]

    def _rollout(self, example: Example, prompt: Row, ids: Sequence[int]) -> Rollout:
        text = self.encoder.decode(ids)
        finished = bool(ids) and (ids[-1] in self.encoder.stop_ids or self.ends(ids))
        opened = "<think>\n" if self.encoder.prompts.thinking else ""  # the prompt has opened the thought
        parts = read_answer(opened + text, self.encoder.prompts.cue, example.choices, finished=finished)
        return Rollout(
            example=example,
            chain=split_steps(parts.chain),
            answer=parts.verdict.answer,
            parse=parts.verdict.status,
            finish="stop" if finished else "length",
            text=text,
            tokens=len(ids),
            prompt_hash=hash_ids(prompt),
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
            options=option_logprobs(answer.logprobs.tolist(), letters)[:count] if count else (),
        )
