"""The Reasoner on a local model: writes chains and reads answers with batched greedy `generate`.

Reading is by prefill: the assistant's turn is continued behind the answer cue. The base arm is the same model with its
adapter disabled.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass

import torch
from peft import PeftModel
from transformers import PreTrainedModel

from cotfaith.text.answers import parse
from cotfaith.text.encoding import Encoder, hash_ids
from cotfaith.text.generations import read_answer
from cotfaith.text.steps import split_steps
from cotfaith.types import Arm, Example, Reading, ReadRequest, Rollout


@dataclass(frozen=True, kw_only=True)
class Decoding:
    """How a model is decoded, always greedily.

    batch_size: rows per forward, of chains and of readings.
    max_new_tokens: limit of a generation; longer ones are cut off and marked so.
    answer_tokens: limit of a reading behind the cue.
    """

    batch_size: int
    max_new_tokens: int
    answer_tokens: int

    def __post_init__(self) -> None:
        for name in ("batch_size", "max_new_tokens", "answer_tokens"):
            if getattr(self, name) < 1:
                raise ValueError(f"engine.{name}: expected at least 1, got {getattr(self, name)}")


class LocalReasoner:
    """Greedy decoding on a transformers model; arm "base" switches its adapter off."""

    def __init__(self, model: PreTrainedModel, encoder: Encoder, decoding: Decoding, *, arm: Arm = "tuned") -> None:
        self.model = model
        self.encoder = encoder
        self.decoding = decoding
        self.arm = arm

    def write(self, examples: Sequence[Example]) -> list[Rollout]:
        """One rollout per example, in order: the model's own chain and answer to the chain-of-thought prompt."""
        prompts = [self.encoder.prompt(example, "cot") for example in examples]
        written = self._generate(prompts, self.decoding.max_new_tokens)
        return [self._rollout(example, prompt, ids) for example, prompt, ids in zip(examples, prompts, written, strict=True)]

    def read(self, requests: Sequence[ReadRequest]) -> list[Reading]:
        """One reading per request, in order; requests that come to the same token ids are read once."""
        prompts = [tuple(self.encoder.prompt(r.example, r.style) + self.encoder.elicit(r.chain)) for r in requests]
        distinct = sorted(set(prompts), key=lambda ids: (len(ids), ids))  # like lengths together, in an order of their own
        answers = dict(zip(distinct, self._generate(distinct, self.decoding.answer_tokens), strict=True))
        return [self._reading(request, prompt, answers[prompt]) for request, prompt in zip(requests, prompts, strict=True)]

    def _rollout(self, example: Example, prompt: Sequence[int], ids: Sequence[int]) -> Rollout:
        text = self.encoder.decode(ids)
        finished = bool(ids) and ids[-1] in self.encoder.stop_ids
        parts = read_answer(text, self.encoder.prompts.cue, example.choices, finished=finished)
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

    def _reading(self, request: ReadRequest, prompt: Sequence[int], ids: Sequence[int]) -> Reading:
        text = self.encoder.decode(ids)
        verdict = parse(text, request.example.choices)
        kept = "".join(request.chain[: request.steps_kept])
        return Reading(
            uid=request.example.uid,
            probe=request.probe,
            alpha=request.alpha,
            steps_kept=request.steps_kept,
            tokens_kept=len(self.encoder.continuation(kept)) if kept else 0,
            chain=request.chain,
            answer=verdict.answer,
            parse=verdict.status,
            text=text,
            prompt_hash=hash_ids(prompt),
        )

    def _generate(self, prompts: Sequence[Sequence[int]], limit: int) -> list[list[int]]:
        """Greedy continuations, end token included where one was written."""
        out: list[list[int]] = []
        with torch.inference_mode(), _evaluating(self.model), self._arm():
            for start in range(0, len(prompts), self.decoding.batch_size):
                out += self._generate_batch(prompts[start : start + self.decoding.batch_size], limit)
        return out

    def _generate_batch(self, prompts: Sequence[Sequence[int]], limit: int) -> list[list[int]]:
        longest = max(map(len, prompts))
        stops = sorted(self.encoder.stop_ids)
        ids = torch.full((len(prompts), longest), stops[0], device=self.model.device)  # (B, T), padded on the left
        mask = torch.zeros_like(ids)
        for row, prompt in enumerate(prompts):
            ids[row, longest - len(prompt) :] = torch.tensor(prompt, device=ids.device)
            mask[row, longest - len(prompt) :] = 1
        written = self.model.generate(  # type: ignore[operator]  # a method of GenerationMixin, which PreTrainedModel does not name
            input_ids=ids, attention_mask=mask, max_new_tokens=limit, do_sample=False, num_beams=1, eos_token_id=stops, pad_token_id=stops[0]
        )
        return [_until_stop(row, stops) for row in written[:, longest:].tolist()]

    def _arm(self) -> AbstractContextManager[None]:
        if self.arm == "base" and isinstance(self.model, PeftModel):
            return self.model.disable_adapter()
        return nullcontext()


def _until_stop(ids: list[int], stops: Sequence[int]) -> list[int]:
    """Cut behind the first end token; what follows is padding."""
    ends = [place for place, token in enumerate(ids) if token in stops]
    return ids[: ends[0] + 1] if ends else ids


@contextmanager
def _evaluating(model: PreTrainedModel) -> Iterator[None]:
    was_training = model.training
    model.eval()
    try:
        yield
    finally:
        model.train(was_training)
