"""A whole evaluation of the embedded base in NF4: chains, direct answers, three probes at five alphas; against plain scripts.

    python tests/benchmarks/evaluation.py [--examples N] [--plain_examples N]

Plain, per item: one `generate` for each chain and for each (example, probe, alpha), as published probe code does. Plain, batched: the same
requests in left-padded batches of 16 in the order they come. The plain sides run on fewer examples and are scaled per example. All sides hold
the same 4-bit weights; parsing is ours on all sides. Wall seconds, one thread, one after another in one process.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from plain import Row, batches, generate
from transformers import PreTrainedModel

from cotfaith.datasets.shortcut import Shortcut
from cotfaith.engine.decoding import Decoding
from cotfaith.engine.evaluation import Evaluator
from cotfaith.engine.local import LocalReasoner
from cotfaith.models.base import BaseModel, Quantization, stop_ids
from cotfaith.models.dequantized import dequantized
from cotfaith.models.embedded.prompts import PROMPTS
from cotfaith.probes.early_termination import EarlyTermination
from cotfaith.probes.filler import FillerSubstitution
from cotfaith.probes.paraphrase import Paraphrase
from cotfaith.probes.rewriting import ByRule
from cotfaith.probes.rules import reword
from cotfaith.text.answers import parse
from cotfaith.text.encoding import Encoder
from cotfaith.text.generations import read_answer
from cotfaith.text.steps import split_steps
from cotfaith.types import Example, Reading, ReadRequest, Rollout

CHAIN, ANSWER = 512, 12
ALPHAS = (0.0, 0.25, 0.5, 0.75, 1.0)
Ask = Callable[[Sequence[Row], int], list[list[int]]]


@dataclass
class Script:
    """What a script does with each request: encode, generate, parse."""

    encoder: Encoder
    ask: Ask  # rows and most new tokens -> continuations

    def write(self, examples: Sequence[Example]) -> list[Rollout]:
        written = self.ask([tuple(self.encoder.prompt(example, "cot")) for example in examples], CHAIN)
        rollouts = []
        for example, ids in zip(examples, written, strict=True):
            finished, text = ids[-1] in self.encoder.stop_ids, self.encoder.decode(ids)
            parts = read_answer(text, self.encoder.prompts.cue, example.choices, finished=finished)
            finish = "stop" if finished else "length"
            rollouts.append(Rollout(example, split_steps(parts.chain), parts.verdict.answer, parts.verdict.status, finish, text, len(ids), ""))
        return rollouts

    def read(self, requests: Sequence[ReadRequest]) -> list[Reading]:
        rows = [tuple(self.encoder.prompt(r.example, r.style) + self.encoder.elicit(r.chain)) for r in requests]
        readings = []
        for r, ids in zip(requests, self.ask(rows, ANSWER), strict=True):
            text = self.encoder.decode(ids)
            verdict = parse(text, r.example.choices)
            readings.append(Reading(r.example.uid, r.probe, r.alpha, r.steps_kept, 0, r.chain, verdict.answer, verdict.status, text, ""))
        return readings


def evaluator(encoder: Encoder) -> Evaluator:
    filler = FillerSubstitution(token="...", length=lambda text: len(encoder.continuation(text)))
    return Evaluator((EarlyTermination(), filler, Paraphrase(paraphraser=ByRule(reword), tries=3)), ALPHAS, 0)


def run_ours(model: PreTrainedModel, encoder: Encoder, examples: Sequence[Example]) -> tuple[float, list[str]]:
    """Seconds, everything included that a run does: the trial, unpacking, the self-check."""
    start = time.perf_counter()
    with dequantized(model):
        reasoner = LocalReasoner(model, encoder, Decoding(batch_size=64, max_new_tokens=CHAIN, answer_tokens=ANSWER), arm="base")
        found = evaluator(encoder)(reasoner, examples)
    print("ours, by phase:", reasoner.costs())
    return time.perf_counter() - start, [rollout.text for rollout in found.rollouts] + [reading.text for reading in found.readings]


def run_script(ask: Ask, encoder: Encoder, examples: Sequence[Example]) -> tuple[float, list[str]]:
    start = time.perf_counter()
    found = evaluator(encoder)(Script(encoder, ask), examples)
    return time.perf_counter() - start, [rollout.text for rollout in found.rollouts] + [reading.text for reading in found.readings]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--examples", type=int, default=200)
    parser.add_argument("--plain_examples", type=int, default=16)
    args = parser.parse_args()
    torch.set_num_threads(1)
    base = BaseModel(path="embedded")
    tokenizer = base.tokenizer()
    encoder = Encoder(tokenizer, PROMPTS, stop_ids(base, tokenizer))
    model = base.load(torch.device("cpu"), Quantization(kind="nf4"))
    examples = list(Shortcut(train_size=0, val_size=0, test_size=args.examples, seed=0, chains="cut", min_steps=2, max_steps=5).load("test"))
    few, stops = examples[: args.plain_examples], sorted(encoder.stop_ids)
    run_ours(model, encoder, few[:2])  # warms up all sides
    ours, _ = run_ours(model, encoder, examples)
    per_item, singly = run_script(lambda rows, limit: [generate(model, [row], limit, stops)[0] for row in rows], encoder, few)
    batched, by_batch = run_script(lambda rows, limit: batches(model, rows, limit, stops, size=16), encoder, few)
    _, again = run_ours(model, encoder, few)
    apart = sum(a != b for a, b in zip(again, singly, strict=True))
    off = sum(a != b for a, b in zip(by_batch, singly, strict=True))
    print(
        f"milliseconds an example: ours {1000 * ours / len(examples):.1f} (of {len(examples)}), per item {1000 * per_item / len(few):.1f}, ", end=""
    )
    print(f"batched {1000 * batched / len(few):.1f} (of {len(few)}); texts unlike those per item: ours {apart}, batched {off} of {len(singly)}")
    scale = len(examples) / len(few)
    print(f"per_item={scale * per_item / ours:.2f} batched={scale * batched / ours:.2f}")


if __name__ == "__main__":
    main()
