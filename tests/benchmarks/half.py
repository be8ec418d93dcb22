"""Half precision: how often a packed reading and a reading of its own give one answer, on the embedded base in bfloat16.

    python tests/benchmarks/half.py [--examples N]

The rows are those of an evaluation: the model's own chains, three probes at five alphas, the direct question. Each is read packed, and alone and
uncached by the greedy argmax. In bfloat16 two layouts round differently; what that does to answers is the floor under every faithfulness number
of a model in half precision. The same rows in float32 stand beside it, and bfloat16 alone against float32 alone: what the precision itself does.
Last line: shares of equal answers, and the largest difference of a first-position log-probability in nats.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import torch
from evaluation import ALPHAS, ANSWER, CHAIN, evaluator
from plain import Row
from transformers import PreTrainedModel

from cotfaith.datasets.shortcut import Shortcut
from cotfaith.engine.decoding import Decoding
from cotfaith.engine.evaluation import DIRECT
from cotfaith.engine.local import LocalReasoner
from cotfaith.engine.plain import plain_logits
from cotfaith.engine.reading import Answer
from cotfaith.engine.tokens import TokenEngine
from cotfaith.models.base import BaseModel, Quantization, stop_ids
from cotfaith.models.embedded.prompts import PROMPTS
from cotfaith.text.encoding import Encoder
from cotfaith.types import Example


def questions(model: PreTrainedModel, encoder: Encoder, examples: Sequence[Example]) -> list[list[Row]]:
    """The different rows that an evaluation of these examples reads, by example."""
    found = evaluator(encoder)(LocalReasoner(model, encoder, Decoding(batch_size=64, max_new_tokens=CHAIN, answer_tokens=ANSWER)), examples)
    rows: dict[str, dict[Row, None]] = {example.uid: {} for example in examples}
    by_uid = {example.uid: example for example in examples}
    for reading in found.readings:
        prompt = encoder.prompt(by_uid[reading.uid], "direct" if reading.probe == DIRECT else "cot")
        rows[reading.uid][(*prompt, *encoder.elicit(reading.chain))] = None
    return [list(each) for each in rows.values()]


@torch.inference_mode()
def alone(model: PreTrainedModel, row: Row, stops: Sequence[int]) -> Answer:
    """The greedy answer by uncached forwards over one row, with all log-probabilities at its first position."""
    ids: list[int] = []
    first = torch.zeros(0)
    while len(ids) < ANSWER and not (ids and ids[-1] in stops):
        logits = plain_logits(model, (*row, *ids), 1)[0]
        first = first if ids else logits.log_softmax(-1)
        ids.append(int(logits.argmax()))
    return Answer(tuple(ids), first)


def compare(name: str, one: dict[Row, Answer], other: dict[Row, Answer]) -> tuple[float, float]:
    """Share of equal answers; the largest difference of log-probabilities, among tokens that have at least 1% in `other`, in nats."""
    same = sum(answer.ids == other[row].ids for row, answer in one.items())
    apart = max(
        float((answer.logprobs - other[row].logprobs).abs()[other[row].logprobs > torch.tensor(0.01).log()].max()) for row, answer in one.items()
    )
    print(f"{name}: {same} of {len(one)} answers are the same; log-probabilities of tokens above 1% at most {apart:.2g} nats apart", flush=True)
    return same / len(one), apart


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--examples", type=int, default=100)
    args = parser.parse_args()
    torch.set_num_threads(1)
    base = BaseModel(path="embedded")
    tokenizer = base.tokenizer()
    encoder = Encoder(tokenizer, PROMPTS, stop_ids(base, tokenizer))
    model = base.load(torch.device("cpu"), Quantization(kind="none"))
    examples = list(Shortcut(train_size=0, val_size=0, test_size=args.examples, seed=0, chains="cut", min_steps=2, max_steps=5).load("test"))
    asked = questions(model, encoder, examples)
    stops, watched = sorted(encoder.stop_ids), range(model.config.vocab_size)
    packed, singly = {}, {}
    for dtype in (torch.float32, torch.bfloat16):
        held = model.to(dtype)
        decoding = Decoding(batch_size=1, max_new_tokens=1, answer_tokens=ANSWER)
        packed[dtype] = TokenEngine(held, decoding, stops=stops, decode=encoder.decode).read(asked, watched)
        singly[dtype] = {row: alone(held, row, stops) for rows in asked for row in rows}
    print(f"{len(examples)} examples, {len(ALPHAS)} alphas, {sum(map(len, asked))} different rows")
    whole, _ = compare("float32, packed and alone", packed[torch.float32], singly[torch.float32])
    half, apart = compare("bfloat16, packed and alone", packed[torch.bfloat16], singly[torch.bfloat16])
    precision, _ = compare("bfloat16 alone and float32 alone", singly[torch.bfloat16], singly[torch.float32])
    print(f"float32={whole:.4f} bfloat16={half:.4f} apart={apart:.2g} precision={precision:.4f}")


if __name__ == "__main__":
    main()
