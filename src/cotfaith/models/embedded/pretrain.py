"""Make the embedded model: ``python -m cotfaith.models.embedded.pretrain --out DIR``.

Deterministic for a seed and a machine. The last part of training sees its own weights through the NF4 grid, because the
model is used in 4 bits: the straight-through estimator keeps full-precision masters and updates those.
"""

from __future__ import annotations

import argparse
import logging
import math
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from random import Random

import torch
from bitsandbytes import functional as bnb
from transformers import GenerationConfig, LlamaConfig, LlamaForCausalLM

from cotfaith.datasets.arithmetic import Arithmetic
from cotfaith.datasets.commonsense import Commonsense
from cotfaith.datasets.shortcut import Shortcut
from cotfaith.engine.decoding import Decoding
from cotfaith.engine.local import LocalReasoner
from cotfaith.models.embedded.card import measure, questions
from cotfaith.models.embedded.corpus import Lesson, lessons
from cotfaith.models.embedded.prompts import PROMPTS
from cotfaith.models.embedded.tokenizer import VOCABULARY, train_tokenizer
from cotfaith.text.encoding import Encoder
from cotfaith.training.collation import IGNORE, Batch, collate
from cotfaith.training.targets import Row

log = logging.getLogger(__name__)

LONGEST = 1024  # context length in tokens; the longest story takes about 350
_POOL = 2048  # lessons sorted by length together: batches of like lengths, little padding


def config() -> LlamaConfig:
    """The architecture: every linear width is a multiple of 64, the block size of 4-bit quantisation."""
    return LlamaConfig(
        vocab_size=VOCABULARY,
        hidden_size=128,
        intermediate_size=512,
        num_hidden_layers=4,
        num_attention_heads=4,
        num_key_value_heads=4,
        max_position_embeddings=LONGEST,
        tie_word_embeddings=True,
        pad_token_id=0,
        bos_token_id=1,
        eos_token_id=2,
    )


def batches(stream: Iterator[Lesson], encoder: Encoder, tokens: int, rng: Random) -> Iterator[Batch]:
    """Batches without end, about `tokens` tokens each."""
    while True:
        rows = [Row(tuple(encoder.prompt(x.example, x.style)), tuple(encoder.target(x.example, x.chain))) for x in islice(stream, _POOL)]
        rows.sort(key=lambda row: len(row.prompt) + len(row.target))
        chunks: list[list[Row]] = [[]]
        for row in rows:
            if (len(chunks[-1]) + 1) * (len(row.prompt) + len(row.target)) > tokens:
                chunks.append([])
            chunks[-1].append(row)
        rng.shuffle(chunks)
        yield from map(collate, chunks)


class ThroughNF4:
    """Swap the linear weights for their NF4 roundings while active, the masters back afterwards."""

    def __init__(self, model: torch.nn.Module) -> None:
        self.weights = [module.weight for name, module in model.named_modules() if isinstance(module, torch.nn.Linear) and "lm_head" not in name]

    def __enter__(self) -> None:
        self.masters = [weight.data for weight in self.weights]
        for weight in self.weights:
            packed, state = bnb.quantize_4bit(weight.data, blocksize=64, compress_statistics=True, quant_type="nf4")
            weight.data = bnb.dequantize_4bit(packed, state)

    def __exit__(self, *_: object) -> None:
        for weight, master in zip(self.weights, self.masters, strict=True):
            weight.data = master


def train(model: LlamaForCausalLM, encoder: Encoder, stream: Iterator[Batch], *, steps: int, lr: float, rounded: float) -> None:
    """AdamW with warm-up and cosine; the last `rounded` share of the steps goes through NF4."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr, betas=(0.9, 0.98), weight_decay=0.05, fused=True)
    through = ThroughNF4(model)
    starts = torch.Generator().manual_seed(0)
    start = time.monotonic()
    model.train()
    for step in range(steps):
        scale = min(1.0, (step + 1) / 100) * (0.5 + 0.5 * math.cos(math.pi * step / steps))
        for group in optimizer.param_groups:
            group["lr"] = lr * max(scale, 0.01)
        batch = next(stream)
        ids, labels = batch["input_ids"], batch["labels"]
        # Every position of the context is trained, although stories are short: a random start for every other batch.
        shift = int(torch.randint(0, LONGEST - ids.shape[1], (), generator=starts)) if step % 2 else 0
        positions = torch.arange(shift, shift + ids.shape[1])[None].expand_as(ids)
        if step >= steps * (1 - rounded):
            with through:
                loss = _loss(model, ids, labels, positions)
                loss.backward()
        else:
            loss = _loss(model, ids, labels, positions)
            loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        if step % 1500 == 1499:
            _peek(model, encoder)
        if step % 100 == 0 or step == steps - 1:
            log.info("step %5d  loss %.4f  %5.0f s", step, loss.item(), time.monotonic() - start)


def _peek(model: LlamaForCausalLM, encoder: Encoder) -> None:
    """Log the accuracy with a chain on a few questions of three kinds."""
    reasoner = LocalReasoner(model, encoder, Decoding(batch_size=50, max_new_tokens=320, answer_tokens=12))
    asked = questions(50)
    accuracies = [f"{measure(reasoner, asked[kind]).chain:.2f} {kind}" for kind in list(asked)[:8]]
    log.info("  with a chain: %s", ", ".join(accuracies))


def _loss(model: LlamaForCausalLM, ids: torch.Tensor, labels: torch.Tensor, positions: torch.Tensor) -> torch.Tensor:
    """Mean negative log-likelihood of the supervised tokens, in nats. Right padding needs no mask under causal attention."""
    with torch.autocast(ids.device.type, dtype=torch.bfloat16):
        hidden = model.model(input_ids=ids, position_ids=positions, use_cache=False).last_hidden_state
        supervised = labels[:, 1:] != IGNORE
        logits = model.lm_head(hidden[:, :-1][supervised])
    return torch.nn.functional.cross_entropy(logits.float(), labels[:, 1:][supervised])


def reserved_questions() -> frozenset[str]:
    """Validation and test questions of the embedded datasets that hold stories and passages: never trained on."""
    datasets = [kind(train_size=0, val_size=500, test_size=500, seed=0) for kind in (Arithmetic, Shortcut, Commonsense)]
    return frozenset(example.question for dataset in datasets for example in (*dataset.load("val"), *dataset.load("test")))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--steps", type=int, default=6000)
    parser.add_argument("--tokens", type=int, default=4096, help="tokens per step, padding included")
    parser.add_argument("--lr", type=float, default=3e-3)
    parser.add_argument("--rounded", type=float, default=0.2, help="share of the steps, at the end, that go through NF4")
    args = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    torch.manual_seed(args.seed)
    corpus = islice(lessons(args.seed + 1), 20_000)
    texts = (PROMPTS.message(x.example, x.style) + "\n" + PROMPTS.elicit(x.chain) + f" {x.example.answer}." for x in corpus)
    tokenizer = train_tokenizer(texts, LONGEST)
    encoder = Encoder(tokenizer, PROMPTS, {tokenizer.eos_token_id})
    model = LlamaForCausalLM(config())
    log.info("%.2f M parameters, vocabulary %d", model.num_parameters() / 1e6, len(tokenizer))
    stream = batches(lessons(args.seed, reserved=reserved_questions()), encoder, args.tokens, Random(args.seed))
    train(model, encoder, stream, steps=args.steps, lr=args.lr, rounded=args.rounded)
    model.generation_config = GenerationConfig(bos_token_id=1, eos_token_id=2, pad_token_id=0)
    model.bfloat16().save_pretrained(args.out)
    tokenizer.save_pretrained(args.out)
    log.info("saved to %s", args.out)


if __name__ == "__main__":
    main()
