"""A run that is killed or told to stop goes on where it was, and ends as one that was left alone."""

from __future__ import annotations

import os
import signal
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.utilities.exceptions import SIGTERMException
from peft import get_peft_model_state_dict

from cotfaith.callbacks.preemption import Preemption
from cotfaith.datasets.arithmetic import Arithmetic
from cotfaith.engine.decoding import Decoding
from cotfaith.engine.evaluation import Evaluator
from cotfaith.models.base import BaseModel, Quantization
from cotfaith.models.build import ModelBuilder
from cotfaith.models.lora import Lora
from cotfaith.text.encoding import Encoder
from cotfaith.training.data import SFTDataModule
from cotfaith.training.module import SFTModule
from cotfaith.training.schedule import cosine_with_warmup
from cotfaith.training.targets import Target

DATASET = Arithmetic(train_size=8, val_size=1, test_size=1, seed=1, max_steps=2)


class Diary(Callback):
    """At which steps the model was validated, and what happens there or behind a batch."""

    def __init__(self, at: int = -1, *, validating: bool = False, by: Any = None) -> None:
        self.at, self.validating, self.by, self.validated = at, validating, by, []

    def on_validation_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if trainer.global_step == self.at and self.validating:
            self.by()

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self.validated.append(trainer.global_step)

    def on_train_batch_start(self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int) -> None:
        if trainer.global_step == self.at and not self.validating:
            self.by()


def kill() -> None:
    raise RuntimeError("killed")


def terminate() -> None:
    os.kill(os.getpid(), signal.SIGTERM)


def fit(encoder: Encoder, folder: Path, diary: Callback, *, every: int = 100, ckpt_path: Path | None = None) -> dict[str, torch.Tensor]:
    """Twelve steps in two epochs of eight batches, accumulated by twos in the second setting; validated behind batch 4 and 8."""
    lora = Lora(r=2, alpha=16, ratio=2, dropout=0.0, target_modules=("q_proj",), scaling="fixed_alpha")
    module = SFTModule(
        build=ModelBuilder(base=BaseModel(path="embedded"), quantization=Quantization(kind="nf4"), adapter=lora),
        encoder=encoder,
        decoding=Decoding(batch_size=8, max_new_tokens=4, answer_tokens=2, self_check=False),
        evaluator=Evaluator((), (0.0, 1.0), 0),
        canary=list(range(10, 30)),
        optimizer=partial(torch.optim.AdamW, lr=1e-2),
        scheduler=partial(cosine_with_warmup, warmup=0.0),
    )
    sizes = {"batching": "grouped", "batch_size": 1, "tokens_per_batch": 512, "eval_batch_size": 1, "max_length": 512}
    data = SFTDataModule(DATASET, encoder, Target(learn="chain_and_answer"), seed=0, **sizes)  # type: ignore[arg-type]
    torch.manual_seed(0)  # of the adapter's first weights
    quiet = {"logger": False, "enable_progress_bar": False, "enable_model_summary": False, "enable_checkpointing": True}
    callbacks = [diary, Preemption(folder, every=every)]
    trainer = Trainer(accelerator="cpu", max_steps=12, val_check_interval=4, num_sanity_val_steps=0, callbacks=callbacks, **quiet)  # type: ignore[arg-type]
    trainer.fit(module, datamodule=data, ckpt_path=ckpt_path)
    assert module.model is not None
    return {name: tensor.clone() for name, tensor in get_peft_model_state_dict(module.model).items()}


class ToldWhileSettingUp(Callback):
    def on_fit_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        raise SIGTERMException


def test_being_told_to_stop_before_training_goes_on_leaves_the_checkpoint_as_it_was(encoder: Encoder, tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="killed"):
        fit(encoder, tmp_path, Diary(5, by=kill), every=2)
    last = tmp_path / "last.ckpt"
    before = last.read_bytes()
    with pytest.raises(SIGTERMException):
        fit(encoder, tmp_path, ToldWhileSettingUp(), every=2, ckpt_path=last)
    assert last.read_bytes() == before


@pytest.fixture(scope="module")
def alone(encoder: Encoder, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, torch.Tensor], list[int]]:
    """What a run comes to that nobody interrupts."""
    diary = Diary()
    return fit(encoder, tmp_path_factory.mktemp("alone"), diary), diary.validated


@pytest.mark.parametrize(
    ("diary", "error", "saved"),
    [
        (Diary(7, by=kill), RuntimeError, 6),  # two steps after the validation at 4
        (Diary(5, by=kill), RuntimeError, 4),  # the step of a validation
        (Diary(4, validating=True, by=kill), RuntimeError, 2),  # that validation was not finished
        (Diary(8, validating=True, by=kill), RuntimeError, 6),  # likewise, at the end of an epoch
        (Diary(10, by=kill), RuntimeError, 10),  # in the second epoch
        (Diary(6, by=terminate), SIGTERMException, 7),  # the batch is brought to its end first
    ],
)
def test_a_run_that_is_stopped_and_resumed_ends_like_one_left_alone(
    encoder: Encoder, tmp_path: Path, alone: tuple[dict[str, torch.Tensor], list[int]], diary: Diary, error: type[BaseException], saved: int
) -> None:
    with pytest.raises(error):
        fit(encoder, tmp_path, diary, every=2)
    assert torch.load(tmp_path / "last.ckpt", weights_only=True)["global_step"] == saved
    after = Diary()
    weights = fit(encoder, tmp_path, after, every=2, ckpt_path=tmp_path / "last.ckpt")
    assert all(torch.equal(weights[name], tensor) for name, tensor in alone[0].items())
    assert [step for step in diary.validated if step <= saved] + after.validated == alone[1]


def test_the_end_of_training_is_kept(encoder: Encoder, tmp_path: Path) -> None:
    fit(encoder, tmp_path, Diary())
    assert torch.load(tmp_path / "last.ckpt", weights_only=True)["global_step"] == 12


def test_an_interval_below_one_step_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"callbacks\.last\.every: expected at least 1 optimizer step, got 0"):
        Preemption(tmp_path, every=0)
