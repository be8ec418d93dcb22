"""Measure the embedded model and write its model card: ``python -m cotfaith.models.embedded.card --model DIR``."""

from __future__ import annotations

import argparse
import logging
from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Literal, NamedTuple

import torch

from cotfaith.datasets.arithmetic import Arithmetic
from cotfaith.datasets.commonsense import Commonsense
from cotfaith.datasets.recall import KNOWN, Recall
from cotfaith.datasets.shortcut import Shortcut
from cotfaith.engine.decoding import Decoding
from cotfaith.engine.local import LocalReasoner
from cotfaith.models.base import BaseModel, Kind, Quantization, stop_ids
from cotfaith.models.embedded.corpus import LONGEST_STORY, lessons
from cotfaith.models.embedded.prompts import PROMPTS
from cotfaith.text.encoding import Encoder
from cotfaith.types import Example, ReadRequest

log = logging.getLogger(__name__)

_HEAD = """\
---
license: apache-2.0
library_name: transformers
pipeline_tag: text-generation
---
# The embedded reasoner of cotfaith

A Llama of {parameters:.2f} M parameters made to do add-and-subtract word problems in steps and hardly without them, to choose among
options by their text, to know half of sixty capitals and to read off what is stated. It exists so that cotfaith runs end to end without a download.
It knows nothing else, and is no use as a language model.

Made from scratch by `make embedded` (seed 0) from text that `cotfaith.models.embedded.corpus`
generates; no other data. Weights are stored in bfloat16. The last part of training went through the NF4 grid, in which the model is used.
Tokenizer: byte-level BPE, digits apart, lossless on any text. Stories in training had 1 to {longest} steps; the names in
`HELD_OUT_NAMES` and the validation and test questions of `arithmetic`, `shortcut` and `commonsense` were held out; stated numbers and the
taught capitals are asked for in the words of training. A quarter of the training chains were reworded by the rules of the paraphrase
probe: that this model can read a reworded chain was trained into it.

## Accuracy

Greedy, by `python -m cotfaith.models.embedded.card --model DIR`; n questions each.

| questions | n | chain, NF4 | direct, NF4 | chain, float32 |
|---|---:|---:|---:|---:|
"""


class Line(NamedTuple):
    """Accuracies in [0, 1]."""

    chain: float
    direct: float


def measure(reasoner: LocalReasoner, examples: Sequence[Example]) -> Line:
    """Accuracy with a chain and with the direct prompt."""
    written = reasoner.write(examples)
    read = reasoner.read([ReadRequest(example, (), "direct") for example in examples])
    right = [reading.answer == example.answer for reading, example in zip(read, examples, strict=True)]
    return Line(sum(rollout.correct for rollout in written) / len(examples), sum(right) / len(examples))


def questions(n: int) -> dict[str, Sequence[Example]]:
    """What the card asks: `n` questions of each kind."""

    def stories(low: int, high: int, names: Literal["seen", "held_out"] = "seen") -> Sequence[Example]:
        return Arithmetic(train_size=0, val_size=0, test_size=n, seed=0, min_steps=low, max_steps=high, names=names).load("test")

    recall = Recall(train_size=0, val_size=0, test_size=2 * n, seed=0).load("test")
    known = [example for example in recall if any(country in example.question for country in KNOWN)]
    unknown = [example for example in recall if example not in known]
    stated = [lesson.example for lesson in islice((x for x in lessons(10**6) if x.example.uid == "stated"), n)]
    return {
        "stories of 2 to 8 steps": stories(2, 8),
        "... with names that training held out": stories(2, 8, "held_out"),
        f"... of {LONGEST_STORY + 1} steps (training: up to {LONGEST_STORY})": stories(LONGEST_STORY + 1, LONGEST_STORY + 1),
        f"... of {LONGEST_STORY + 2} steps": stories(LONGEST_STORY + 2, LONGEST_STORY + 2),
        "... with the answer leaked into the question": Shortcut(train_size=0, val_size=0, test_size=n, seed=0).load("test"),
        "passages, four options": Commonsense(train_size=0, val_size=0, test_size=n, seed=0).load("test"),
        "capitals it was taught, four options": known[:n],
        "capitals it was not taught, four options": unknown[:n],
        "a number that is stated": stated,
    }


def write_card(folder: Path, n: int) -> str:
    """Measure in NF4 and in float32 and write README.md beside the weights."""
    asked = questions(n)
    by_kind: dict[Kind, Mapping[str, Line]] = {}
    parameters = 0
    kinds: tuple[Kind, ...] = ("nf4", "none")
    for kind in kinds:
        base = BaseModel(path=str(folder))
        tokenizer = base.tokenizer()
        encoder = Encoder(tokenizer, PROMPTS, stop_ids(base, tokenizer))
        model = base.load(torch.device("cpu"), Quantization(kind=kind))
        parameters = parameters or sum(p.numel() for p in base.load(torch.device("cpu"), Quantization(kind="none")).parameters())
        reasoner = LocalReasoner(model, encoder, Decoding(batch_size=100, max_new_tokens=400, answer_tokens=12))
        by_kind[kind] = {name: measure(reasoner, examples) for name, examples in asked.items()}
    rows = [
        f"| {name} | {len(asked[name])} | {line.chain:.3f} | {line.direct:.3f} | {by_kind['none'][name].chain:.3f} |"
        for name, line in by_kind["nf4"].items()
    ]
    card = _HEAD.format(parameters=parameters / 1e6, longest=LONGEST_STORY) + "\n".join(rows) + "\n"
    (folder / "README.md").write_text(card)
    return card


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--questions", type=int, default=500, help="of each kind")
    args = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    log.info("%s", write_card(args.model, args.questions))


if __name__ == "__main__":
    main()
