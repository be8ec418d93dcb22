"""The state to go on from: kept at intervals, at every validation, at the end, and when the machine is taken away (SIGTERM)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import Checkpoint
from lightning.pytorch.utilities.exceptions import SIGTERMException


class Preemption(Checkpoint):  # Lightning runs these last: what the others know by then is saved with it
    """Keeps FOLDER/last.ckpt, always whole and always between two optimizer steps.

    every: optimizer steps between two savings, at least 1. A save that falls together with a validation waits for its end: Lightning
    2.6, resumed from a state before a validation, leaves that validation out.
    """

    def __init__(self, folder: Path | str, *, every: int) -> None:
        if every < 1:
            raise ValueError(f"callbacks.last.every: expected at least 1 optimizer step, got {every}")
        self.path = Path(folder) / "last.ckpt"
        self.every = every
        self.saved = -1  # the step of the last save
        self.trains = False  # before it does, what it will go on from is not yet restored

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self.trains = True

    def on_train_batch_end(self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int) -> None:
        validates = trainer.enable_validation and (batch_idx + 1) % (trainer.val_check_batch or 1) == 0
        if trainer.global_step - max(self.saved, 0) >= self.every and not validates and _between_steps(trainer):
            self._save(trainer)

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if trainer.state.fn == "fit" and _between_steps(trainer):
            self._save(trainer)

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._save(trainer)

    def on_exception(self, trainer: Trainer, pl_module: LightningModule, exception: BaseException) -> None:
        """Save on SIGTERM, which Lightning raises between two batches. In the middle of a validation, or of the set-up, the last save stands."""
        if (
            isinstance(exception, SIGTERMException)
            and self.trains
            and trainer.training
            and _between_steps(trainer)
            and trainer.global_step != self.saved
        ):
            self._save(trainer)

    def _save(self, trainer: Trainer) -> None:
        trainer.save_checkpoint(self.path)  # writes beside it and renames
        self.saved = trainer.global_step


def _between_steps(trainer: Trainer) -> bool:
    """Whether no gradients are waiting: a checkpoint does not hold them."""
    batches = trainer.fit_loop.epoch_loop.batch_progress.current.ready
    return batches % trainer.accumulate_grad_batches == 0 or batches == trainer.num_training_batches
