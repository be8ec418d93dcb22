"""The LightningDataModule: rows to train on, examples to measure. One dataset serves all three splits."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
from lightning.pytorch import LightningDataModule
from lightning.pytorch.overrides.distributed import UnrepeatedDistributedSampler
from torch.utils.data import DataLoader

from cotfaith.text.encoding import Encoder
from cotfaith.training.batching import Batches, Batching, Kind
from cotfaith.training.collation import collate, pack
from cotfaith.training.lengths import Lengths
from cotfaith.training.packing import check_packing
from cotfaith.training.place import check_place
from cotfaith.training.row_cache import RowCache
from cotfaith.training.targets import Row, Target
from cotfaith.types import Dataset, Example, Split

log = logging.getLogger(__name__)


class SFTDataModule(LightningDataModule):
    """Batches of token ids for training, batches of `Example` for validation and test.

    batching, batch_size, tokens_per_batch: how rows are put into batches, see `Batching`. eval_batch_size: examples measured together;
    both arms of a comparison use the same. max_length: tokens of prompt and target together; a longer row is dropped and counted, never
    cut. target: what is learned, None where nothing is trained. prefix: what the numbers of this dataset are logged under where several
    are measured. row_dir: where tokenised rows are kept, see `RowCache`; None: nowhere.

    Raises:
        ValueError: a size below 1, or no row fits into max_length.
    """

    def __init__(
        self,
        dataset: Dataset,
        encoder: Encoder,
        target: Target,
        *,
        batching: Kind,
        batch_size: int,
        tokens_per_batch: int,
        eval_batch_size: int,
        max_length: int,
        seed: int,
        prefix: str = "",
        row_dir: str | None = None,
    ) -> None:
        super().__init__()
        for name, value in (("eval_batch_size", eval_batch_size), ("max_length", max_length)):
            if value < 1:
                raise ValueError(f"data.{name}: expected at least 1, got {value}")
        self.dataset = dataset
        self.encoder = encoder
        self.target = target
        self.batching = Batching(kind=batching, batch_size=batch_size, tokens=tokens_per_batch)
        self.eval_batch_size = eval_batch_size
        self.max_length = max_length
        self.seed = seed
        self.prefix = prefix
        self.cache = None if row_dir is None else RowCache(Path(row_dir))
        self.tokens: dict[str, Lengths] = {}  # what has been counted so far
        self.too_long = 0  # training examples dropped
        self._reached: tuple[int, int] | None = None  # epoch and batch that a run which is gone on with had reached
        self._examples: dict[Split, Sequence[Example]] = {}

    def examples(self, split: Split) -> Sequence[Example]:
        """The examples of a split, loaded once."""
        if split not in self._examples:
            loaded = self.dataset.load(split)
            if not loaded:
                raise ValueError(f"dataset {self.dataset.name!r}: expected examples in split {split!r}, found none")
            self._examples[split] = loaded
        return self._examples[split]

    @cached_property
    def rows(self) -> list[Row]:
        """The training rows that fit into `max_length`."""
        assert self.target is not None
        examples = self.examples("train")
        rows = self._tokenised(examples, self.target)
        bare = sum(example.chain is None for example in examples)
        if self.target.learn == "chain_and_answer" and bare:
            log.warning(
                "dataset %s: %d of %d training examples have no gold chain; their answer alone is learned, under the direct prompt",
                *(self.dataset.name, bare, len(examples)),
            )
        fitting = [row for row in rows if len(row.prompt) + len(row.target) <= self.max_length]
        if not fitting:
            shortest = min(len(row.prompt) + len(row.target) for row in rows)
            raise ValueError(f"data.max_length={self.max_length} is too short: no example fits, the shortest has {shortest} tokens")
        prompts, targets = Lengths.of([len(row.prompt) for row in rows]), Lengths.of([len(row.target) for row in rows])
        self.tokens |= {"train_prompt": prompts, "train_target": targets}
        log.info("%s: tokens of a prompt %s, of a target %s (median / 95 %% / longest)", self.dataset.name, prompts, targets)
        self.too_long = len(rows) - len(fitting)
        if self.too_long:
            log.warning("dropped %d of %d training examples longer than data.max_length=%d", self.too_long, len(rows), self.max_length)
        return fitting

    def _tokenised(self, examples: Sequence[Example], target: Target) -> list[Row]:
        def make() -> list[Row]:
            return [target.row(example, self.encoder) for example in examples]

        return make() if self.cache is None else self.cache.rows(examples, self.encoder, target, make)

    def most_tokens(self) -> int:
        """Tokens of the largest training batch, padding included."""
        longest = max(len(row.prompt) + len(row.target) for row in self.rows)
        return self.batching.most(longest)

    def measure_prompts(self, context: int | None, written: int) -> None:
        """Count the tokens of the test prompts; warn of those that leave less than `written` tokens of the model's context."""
        lengths = [len(self.encoder.prompt(example, "cot")) for example in self.examples("test")]
        self.tokens["test_prompt"] = Lengths.of(lengths)
        log.info("%s: tokens of a test prompt %s (median / 95 %% / longest)", self.dataset.name, self.tokens["test_prompt"])
        crowded = sum(length + written > context for length in lengths) if context is not None else 0
        if crowded:
            log.warning(
                "%s: %d of %d test prompts leave less than engine.max_new_tokens=%d of the model's context of %d tokens",
                *(self.dataset.name, crowded, len(lengths), written, context),
            )

    def transfer_batch_to_device(self, batch: Any, device: torch.device, dataloader_idx: int) -> Any:
        """Examples have nothing to move, and Lightning's walk into frozen records would raise."""
        return batch if isinstance(batch, list) else super().transfer_batch_to_device(batch, device, dataloader_idx)

    @cached_property
    def batches(self) -> Batches:
        """The batches of this process, seeded by epoch."""
        assert self.trainer is not None
        return Batches(
            self.batching,
            [len(row.prompt) + len(row.target) for row in self.rows],
            [len(row.target) for row in self.rows],
            seed=self.seed,
            accumulate=self.trainer.accumulate_grad_batches,
            rank=self.trainer.global_rank,
            processes=self.trainer.world_size,
        )

    def setup(self, stage: str) -> None:
        """Called by every loop before the model is built."""
        assert self.trainer is not None
        if self.target is not None and self.batching.kind == "packed":
            check_packing(self.trainer.strategy.root_device, str(self.trainer.precision))

    def train_dataloader(self) -> DataLoader[Row]:
        if self._reached is not None:
            self.batches.go_on(*self._reached)
            self._reached = None
        make = pack if self.batching.kind == "packed" else collate
        return DataLoader(self.rows, batch_sampler=self.batches, collate_fn=make)  # type: ignore[arg-type]  # a list is a map-style dataset

    def state_dict(self) -> dict[str, int]:
        """How far training has come, for a run that goes on in the middle of an epoch."""
        assert self.trainer is not None
        done = self.trainer.fit_loop.epoch_loop.batch_progress.current.ready
        epoch = self.batches.epoch  # the trainer's own has gone on already when it saves at the end of one
        within = done < self.trainer.num_training_batches  # fewer than there are with trainer.limit_train_batches
        place = {"epoch": epoch, "batch": done} if within else {"epoch": epoch + 1, "batch": 0}
        return place | {"processes": self.trainer.world_size}

    def load_state_dict(self, state_dict: dict[str, int]) -> None:
        """Go on there.

        Raises:
            ValueError: see `check_place`.
        """
        assert self.trainer is not None
        check_place(state_dict, processes=self.trainer.world_size, accumulate=self.trainer.accumulate_grad_batches)
        self._reached = state_dict["epoch"], state_dict["batch"]

    def val_dataloader(self) -> DataLoader[Example]:
        return self._measured("val")

    def test_dataloader(self) -> DataLoader[Example]:
        return self._measured("test")

    def _measured(self, split: Split) -> DataLoader[Example]:
        examples = self.examples(split)
        # Of several processes each measures its own share: Lightning's own sampler would repeat examples to make the shares equal.
        sampler = UnrepeatedDistributedSampler(examples, shuffle=False) if dist.is_available() and dist.is_initialized() else None
        return DataLoader(examples, batch_size=self.eval_batch_size, collate_fn=list, sampler=sampler)  # type: ignore[arg-type]  # likewise
