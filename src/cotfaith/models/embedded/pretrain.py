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
from cotfaith.engine.local import Decoding, LocalReasoner
from cotfaith.models.embedded.card import measure, questions
from cotfaith.models.embedded.corpus import Lesson, lessons
from cotfaith.models.embedded.prompts import PROMPTS
from cotfaith.models.embedded.tokenizer import VOCABULARY, train_tokenizer
from cotfaith.text.encoding import Encoder
from cotfaith.training.data import IGNORE, Batch, collate
from cotfaith.training.targets import Row

log = logging.getLogger(__name__)

LONGEST = 1024  # context length in tokens; the longest story takes about 350
_POOL = 2048  # lessons sorted by length together: batches of like lengths, little padding


def config() -> LlamaConfig:
    """The architecture: every linear width is a multiple of 64, the block size of 4-bit quantisation."""
    return LlamaConfig(
        vocab_size=VOCABULARY,
        hidden_size=128,
        intermediate_size=384,
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
    """Warm-up, then cosine; the last `rounded` share of the steps goes through NF4."""
    optimizers = _optimizers(model, lr)
    through = ThroughNF4(model)
    gaps = torch.Generator().manual_seed(0)
    start = time.monotonic()
    model.train()
    for step in range(steps):
        scale = min(1.0, (step + 1) / 100) * (0.5 + 0.5 * math.cos(math.pi * step / steps))
        for group in [group for optimizer in optimizers for group in optimizer.param_groups]:
            group["lr"] = lr * max(scale, 0.01)
        batch = next(stream)
        ids, labels = batch["input_ids"], batch["labels"]
        positions = (_stretched(ids.shape[1], gaps) if step % 2 else torch.arange(ids.shape[1]))[None].expand_as(ids)
        if step >= steps * (1 - rounded):
            with through:
                loss = _loss(model, ids, labels, positions)
                loss.backward()
        else:
            loss = _loss(model, ids, labels, positions)
            loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for optimizer in optimizers:
            optimizer.step()
            optimizer.zero_grad()
        if step % 2500 == 2499:
            _peek(model, encoder)
        if step % 100 == 0 or step == steps - 1:
            log.info("step %5d  loss %.4f  %5.0f s", step, loss.item(), time.monotonic() - start)


def _optimizers(model: LlamaForCausalLM, lr: float) -> list[torch.optim.Optimizer]:
    """Muon for the matrices inside the layers, AdamW for the rest; the update size of both is AdamW's.

    On this corpus Muon is at a loss after 600 steps that AdamW has not reached after 700, at a tenth more time per step.
    Source: Jordan et al. 2024 (Muon); Liu et al. 2025, arXiv:2502.16982 (matching AdamW's update size).
    """
    inner = [p for name, p in model.named_parameters() if p.ndim == 2 and "embed" not in name]
    outer = [p for name, p in model.named_parameters() if p.ndim != 2 or "embed" in name]
    muon = torch.optim.Muon(inner, lr=lr, weight_decay=0.05, adjust_lr_fn="match_rms_adamw")
    return [muon, torch.optim.AdamW(outer, lr=lr, betas=(0.9, 0.98), weight_decay=0.0, fused=True)]


def _peek(model: LlamaForCausalLM, encoder: Encoder) -> None:
    """Log the accuracy with a chain on a few questions of three kinds."""
    reasoner = LocalReasoner(model, encoder, Decoding(batch_size=50, max_new_tokens=320, answer_tokens=12))
    asked = questions(50)
    accuracies = [f"{measure(reasoner, asked[kind]).chain:.2f} {kind}" for kind in list(asked)[:8]]
    log.info("  with a chain: %s", ", ".join(accuracies))


def _stretched(length: int, generator: torch.Generator) -> torch.Tensor:
    """Positions (T,) with gaps at random places: distances longer than any story has are trained too.

    Source: Ruoss et al. 2023, arXiv:2305.16843 (randomised positions help with longer sequences); ours are gaps between runs.
    """
    jumps = torch.rand(length, generator=generator) < 8 / length
    room = (LONGEST - length) // max(1, int(jumps.sum()))
    gap = torch.randint(0, max(1, min(room, 100)), (length,), generator=generator)
    return torch.cumsum(1 + jumps * gap, 0) - 1


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
    parser.add_argument("--steps", type=int, default=11000)
    parser.add_argument("--tokens", type=int, default=2048, help="tokens per step, padding included")
    parser.add_argument("--lr", type=float, default=4e-3)
    parser.add_argument("--rounded", type=float, default=0.15, help="share of the steps, at the end, that go through NF4")
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
