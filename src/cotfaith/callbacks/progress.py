"""What a person sees while a run goes on: in a terminal a bar with the time that is left, in a pipe or a log file a line now and then.

A bar is gone when its work is done; what stays is the same line everywhere.
"""

from __future__ import annotations

import logging
import sys
import time
from datetime import timedelta
from typing import Any, TextIO

from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import ProgressBar
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.progress import Progress as Bars

from cotfaith.callbacks.measurement import setting_of
from cotfaith.callbacks.throughput import RATES
from cotfaith.training.module import SFTModule

log = logging.getLogger(__name__)

_PHASES = {"write": "writing chains", "read": "reading"}
_LINES = 10  # of a training where there can be no bar


class Progress(ProgressBar):
    """Training by optimizer steps; measuring by chains written and readings made, batch by batch."""

    def __init__(self) -> None:
        super().__init__()
        self.silent = False
        self.bars: Bars | None = None  # while there is something to draw, and somewhere to
        self.training: TaskID | None = None
        self.measuring: TaskID | None = None
        self.began = {"train": 0.0, "measure": 0.0}  # seconds of a monotonic clock
        self.first = 0  # steps that an earlier run had made
        self.lines = 0  # that the training has said
        self.where = ""  # what is being measured

    def disable(self) -> None:
        """Lightning asks this of every process but the first."""
        self.silent = True

    def enable(self) -> None:
        self.silent = False

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self.began["train"], self.first = time.monotonic(), trainer.global_step
        self.lines = trainer.global_step * _LINES // int(trainer.estimated_stepping_batches)
        self._draw()
        if self.bars is not None:
            self.training = self.bars.add_task("training", total=float(trainer.estimated_stepping_batches), completed=trainer.global_step)

    def on_train_batch_end(self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int) -> None:
        if self.bars is not None and self.training is not None:
            self.bars.update(self.training, completed=trainer.global_step)
            if trainer.global_step % trainer.log_every_n_steps == 0:  # type: ignore[attr-defined]  # set by the logger connector
                self.bars.update(self.training, description=f"training, loss {_loss(trainer):.3f}{_cost(trainer)}")
        elif not self.silent:
            self._say(trainer)

    def _say(self, trainer: Trainer) -> None:
        """A line for each tenth of the steps."""
        done, of = trainer.global_step, int(trainer.estimated_stepping_batches)
        if done * _LINES // of > self.lines and done > self.first:
            self.lines = done * _LINES // of
            left = (time.monotonic() - self.began["train"]) / (done - self.first) * (of - done)
            log.info("step %d of %d, loss %.3f%s, %s left", done, of, _loss(trainer), _cost(trainer), timedelta(seconds=round(left)))

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._clear()

    def on_validation_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self.began["measure"] = time.monotonic()
        self._draw()
        assert isinstance(pl_module, SFTModule)
        pl_module.interview.watch = self._watch

    def on_validation_batch_start(self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int, dataloader_idx: int = 0) -> None:
        assert isinstance(pl_module, SFTModule)
        setting = setting_of(trainer, pl_module)
        batches = trainer.num_test_batches if trainer.testing else trainer.num_val_batches
        self.where = f"measuring {setting.arm} on {setting.dataset}, batch {batch_idx + 1} of {batches[0]}"

    def _watch(self, phase: str, done: int, of: int) -> None:
        if self.bars is None or phase not in _PHASES:
            return
        said = f"{self.where}: {_PHASES[phase]}"
        if self.measuring is None:
            self.measuring = self.bars.add_task(said, total=of)
        elif done == 0:
            self.bars.reset(self.measuring, total=of, description=said)
        self.bars.update(self.measuring, completed=done)

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        assert isinstance(pl_module, SFTModule)
        if self.bars is not None and self.measuring is not None:
            self.bars.remove_task(self.measuring)
            self.measuring = None
        if trainer.state.fn != "fit":
            self._clear()
        setting = setting_of(trainer, pl_module)
        accuracy = float(trainer.callback_metrics.get(setting.key("cot_accuracy"), float("nan")))
        if not self.silent:
            of = f"{setting.arm} on {setting.dataset}, " + ("test split" if trainer.testing else f"val split at step {setting.step}")
            seconds = time.monotonic() - self.began["measure"]
            log.info("measured %s: cot_accuracy %.3f, %d examples in %.0f s", of, accuracy, len(setting.examples), seconds)

    def on_test_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self.on_validation_start(trainer, pl_module)

    def on_test_batch_start(self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int, dataloader_idx: int = 0) -> None:
        self.on_validation_batch_start(trainer, pl_module, batch, batch_idx)

    def on_test_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self.on_validation_end(trainer, pl_module)

    def on_exception(self, trainer: Trainer, pl_module: LightningModule, exception: BaseException) -> None:
        self._clear()

    def _draw(self) -> None:
        """Begin to draw bars, where that is possible: escape codes do not belong into a pipe, even a coloured one."""
        console = Console()
        if self.bars is None and not self.silent and sys.stdout.isatty() and console.is_terminal:
            columns = (
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TimeElapsedColumn(),
                TimeRemainingColumn(),
                TextColumn("left"),
            )
            self.bars = Bars(*columns, console=console, transient=True)
            self.bars.start()
            _log_to(sys.stderr)  # rich has put its own stream there, which writes above the bars

    def _clear(self) -> None:
        if self.bars is not None:
            self.bars.stop()
            _log_to(sys.stderr)
        self.bars = self.training = self.measuring = None


def _loss(trainer: Trainer) -> float:
    """Of the last step; asking for it waits for the device."""
    return float(trainer.callback_metrics.get("train/loss", float("nan")))


def _cost(trainer: Trainer) -> str:
    """What the last steps cost, as `Throughput` logs it; nothing before it does."""
    logged = trainer.callback_metrics
    found = {name: float(logged[f"train/{name}"]) for name in RATES if f"train/{name}" in logged}
    if "tokens_per_second" not in found:
        return ""
    shares = f"{found['supervised']:.0%} learned, {found['padding']:.0%} padding" + (f", mfu {found['mfu']:.0%}" if "mfu" in found else "")
    return f", {found['tokens_per_second']:,.0f} tokens/s ({shares}), peak {found['peak_bytes'] / 2**30:.2f} GiB"


def _log_to(stream: TextIO) -> None:
    """Point what speaks on the screen at a stream; see conf/hydra/job_logging."""
    for handler in (each for name in ("cotfaith", "cotfaith.engine") for each in logging.getLogger(name).handlers):
        if type(handler) is logging.StreamHandler:
            handler.setStream(stream)
