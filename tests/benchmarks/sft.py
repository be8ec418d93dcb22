"""Tokens a second of supervised fine-tuning: ours, a padded loop as most trainers write it, and TRL's SFTTrainer.

    python tests/benchmarks/sft.py [--rounds 5] [--batches 6]

NF4 + LoRA (r = 16, every linear layer) on a random Llama with 32,000 tokens of vocabulary and a width of 256; rows with the lengths of
GSM8K; 8 rows to a batch; AdamW; float32. All sides see the same rows. A round runs each side once, one after the other; medians of the rounds.
TRL is an extra: pip install -e ".[bench]" -c constraints.txt. The last line is `padded=... trl=...`: how many times as many tokens a second as they.
"""

from __future__ import annotations

import argparse
import logging
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

import torch
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedModel

from cotfaith.models.base import BaseModel, Quantization
from cotfaith.models.lora import Lora
from cotfaith.training.batching import Batching
from cotfaith.training.collation import collate
from cotfaith.training.loss import SupervisedLoss
from cotfaith.training.targets import Row

VOCABULARY = 32_000
BATCH = 8
LORA = Lora(r=16, alpha=32, ratio=2, dropout=0.0, target_modules="all-linear", scaling="fixed_alpha")


def rows(count: int) -> list[Row]:
    """Random tokens; log-normal lengths with GSM8K's medians and tails (112 and 89 tokens; 95 % below 177 and 187)."""
    random = Random(0)

    def some(median: float, spread: float, least: int) -> tuple[int, ...]:
        return tuple(random.randrange(3, VOCABULARY) for _ in range(max(least, round(random.lognormvariate(0, spread) * median))))

    return [Row(some(112, 0.28, 30), some(89, 0.45, 20)) for _ in range(count)]


def adapted(folder: Path) -> PreTrainedModel:
    """The same model with the same fresh adapter, every time."""
    torch.manual_seed(0)
    model: PreTrainedModel = LORA.attach(BaseModel(path=str(folder)).load(torch.device("cpu"), Quantization(kind="nf4")), checkpointing=False)  # type: ignore[assignment]
    return model.train()


class Side:
    """A model with its optimizer, asked for a round at a time. losses: mean loss of each batch."""

    def __init__(self, model: PreTrainedModel, batches: list[list[Row]], loss: Callable[[list[Row]], tuple[torch.Tensor, int]]) -> None:
        self.optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=1e-4, fused=True)
        self.batches, self.loss, self.losses = batches, loss, list[float]()

    def run(self) -> float:
        """Real tokens a second over all batches."""
        start, tokens = time.perf_counter(), 0
        for batch in self.batches:
            total, learned = self.loss(batch)
            (total / learned).backward()
            self.optimizer.step()
            self.optimizer.zero_grad()
            self.losses.append(float(total.detach()) / learned)
            tokens += sum(len(row.prompt) + len(row.target) for row in batch)
        return tokens / (time.perf_counter() - start)


def padded_loss(model: PreTrainedModel) -> Callable[[list[Row]], tuple[torch.Tensor, int]]:
    """All logits of all positions, with an attention mask: `model(**batch).loss`."""

    def loss(batch: list[Row]) -> tuple[torch.Tensor, int]:
        made = collate(batch)
        lengths = torch.tensor([len(row.prompt) + len(row.target) for row in batch])
        mask = (torch.arange(made["input_ids"].shape[1]) < lengths[:, None]).long()
        learned = sum(len(row.target) for row in batch)
        return model(**made, attention_mask=mask, use_cache=False).loss * learned, learned

    return loss


def our_loss(model: PreTrainedModel) -> Callable[[list[Row]], tuple[torch.Tensor, int]]:
    pieces = SupervisedLoss(model)

    def loss(batch: list[Row]) -> tuple[torch.Tensor, int]:
        made = collate(batch)
        return pieces(made["input_ids"], made["labels"]), sum(len(row.target) for row in batch)

    return loss


def trl_side(folder: Path, taken: list[Row], workplace: Path) -> Callable[[], float] | None:
    """TRL's trainer on the same rows in its usual random order; None where it is not installed."""
    try:
        from datasets import Dataset
        from transformers import TrainerCallback
        from trl import SFTConfig, SFTTrainer
    except ImportError:
        return None

    class Clock(TrainerCallback):  # type: ignore[misc]  # from the first step to the last: without setting up
        def on_train_begin(self, *_: object, **__: object) -> None:
            self.start = time.perf_counter()

        def on_train_end(self, *_: object, **__: object) -> None:
            self.seconds = time.perf_counter() - self.start

    data = Dataset.from_list(
        [{"input_ids": [*row.prompt, *row.target], "completion_mask": [0] * len(row.prompt) + [1] * len(row.target)} for row in taken]
    )
    settings = SFTConfig(
        output_dir=str(workplace),
        per_device_train_batch_size=BATCH,
        num_train_epochs=1,
        learning_rate=1e-4,
        use_cpu=True,
        bf16=False,
        gradient_checkpointing=False,
        report_to=[],
        logging_strategy="no",
        save_strategy="no",
        disable_tqdm=True,
        max_length=None,
        optim="adamw_torch_fused",
    )
    tokens = sum(len(row.prompt) + len(row.target) for row in taken)
    model = adapted(folder)

    def run() -> float:
        clock = Clock()
        tokenizer = BaseModel(path="embedded").tokenizer()  # for its padding token alone: the rows are token ids already
        trainer = SFTTrainer(model=model, args=settings, train_dataset=data, processing_class=tokenizer, callbacks=[clock])
        trainer.train()
        return tokens / clock.seconds

    return run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--batches", type=int, default=6, help="of a round")
    args = parser.parse_args()
    logging.basicConfig(level=logging.ERROR, format="%(message)s")
    taken = rows(BATCH * args.batches)
    lengths = [len(row.prompt) + len(row.target) for row in taken]
    plans = {kind: Batching(kind=kind, batch_size=BATCH, tokens=4096).plan(lengths, Random(0), 1) for kind in ("padded", "grouped")}
    batches = {kind: [[taken[place] for place in batch] for batch in plan] for kind, plan in plans.items()}
    with tempfile.TemporaryDirectory() as place:
        folder, workplace = Path(place) / "model", Path(place) / "trl"
        torch.manual_seed(0)
        sizes = {"hidden_size": 256, "intermediate_size": 1024, "num_hidden_layers": 4, "num_attention_heads": 4, "num_key_value_heads": 4}
        LlamaForCausalLM(LlamaConfig(vocab_size=VOCABULARY, max_position_embeddings=1024, pad_token_id=0, **sizes)).save_pretrained(folder)
        plain, same, ours = adapted(folder), adapted(folder), adapted(folder)
        sides: dict[str, Callable[[], float]] = {
            "padded": (first := Side(plain, batches["padded"], padded_loss(plain))).run,
            "ours, the same batches": (second := Side(same, batches["padded"], our_loss(same))).run,
            "ours, like lengths": Side(ours, batches["grouped"], our_loss(ours)).run,
        }
        trl = trl_side(folder, taken, workplace)
        if trl is not None:
            sides["trl"] = trl
        rates: dict[str, list[float]] = {name: [] for name in sides}
        for _ in range(args.rounds):
            for name, run in sides.items():
                rates[name].append(run())
    apart = max(abs(a - b) for a, b in zip(first.losses, second.losses, strict=True))
    medians = {name: statistics.median(each) for name, each in rates.items()}
    print(f"{len(taken)} rows, {sum(lengths)} tokens a round, {args.rounds} rounds, {torch.get_num_threads()} threads")
    for name, rate in medians.items():
        print(f"  {name:<24} {rate:8.0f} tokens/s  {medians['ours, like lengths'] / rate:5.2f}x")
    print(f"losses of the padded loop and of ours on the same batches, {len(first.losses)} steps: at most {apart:.1e} nats apart")
    best = medians["ours, like lengths"]
    of_trl = f"{best / medians['trl']:.2f}" if "trl" in medians else "not-installed"
    print(f"padded={best / medians['padded']:.2f} trl={of_trl}")


if __name__ == "__main__":
    main()
