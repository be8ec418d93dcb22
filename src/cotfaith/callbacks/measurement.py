"""What every measuring callback shares: the same three moments in a validation and in a test.

A subclass says what it takes from each batch and what it makes of them; it never sees which loop is running.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from lightning.pytorch import Callback, LightningModule, Trainer

from cotfaith.engine.evaluation import Evaluation
from cotfaith.training.data import SFTDataModule
from cotfaith.training.module import SFTModule
from cotfaith.types import Arm, Example, Split


@dataclass(frozen=True)
class Setting:
    """What was measured."""

    split: Split
    arm: Arm
    dataset: str
    step: int  # optimizer steps so far
    examples: Sequence[Example]  # the whole split
    prefix: str = ""  # "<dataset>/" for all but the first of several datasets

    def key(self, metric: str, probe: str | None = None) -> str:
        """The name a number is logged under: ``<split>/<metric>`` or ``<split>/<probe>/<metric>``, ``<split>/<dataset>/...`` for further datasets.

        The base arm's test scores stand beside the tuned ones, under ``base/``; validation has one series, which starts with the base.
        """
        inner = f"{self.split}/{self.prefix}{probe}/{metric}" if probe else f"{self.split}/{self.prefix}{metric}"
        return f"base/{inner}" if self.arm == "base" and self.split == "test" else inner


class Measurement(Callback):
    """Collects over the batches of one validation or test, then scores."""

    def begin(self, module: SFTModule) -> None:
        """Forget the last epoch."""
        raise NotImplementedError

    def add(self, evaluation: Evaluation, module: SFTModule) -> None:
        """Take what one batch gave."""
        raise NotImplementedError

    def end(self, trainer: Trainer, module: SFTModule, setting: Setting) -> None:
        """Score, log and store; called on every process."""
        raise NotImplementedError

    def on_validation_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self.begin(_ours(pl_module))

    def on_validation_batch_end(self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, *_: Any) -> None:
        self.add(outputs["evaluation"], _ours(pl_module))

    def on_validation_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self.end(trainer, _ours(pl_module), setting_of(trainer, _ours(pl_module)))

    def on_test_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self.on_validation_epoch_start(trainer, pl_module)

    def on_test_batch_end(self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, *_: Any) -> None:
        self.on_validation_batch_end(trainer, pl_module, outputs, batch)

    def on_test_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self.on_validation_epoch_end(trainer, pl_module)


def _ours(module: LightningModule) -> SFTModule:
    assert isinstance(module, SFTModule)
    return module


def setting_of(trainer: Trainer, module: SFTModule) -> Setting:
    """What the validation or test that is running measures."""
    data = trainer.datamodule  # type: ignore[attr-defined]  # set by trainer.fit, validate and test
    assert isinstance(data, SFTDataModule)
    split: Split = "test" if trainer.testing else "val"
    return Setting(split, module.arm, data.dataset.name, trainer.global_step, data.examples(split), data.prefix)
