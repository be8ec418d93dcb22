"""The LightningModule: supervised fine-tuning, and the two questions put to it at validation time.

It knows neither which probes exist nor what is done with the records: `validation_step` and `test_step` hand an
`Evaluation` to the callbacks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from lightning.pytorch import LightningModule
from lightning.pytorch.utilities.types import OptimizerLRSchedulerConfig
from peft import PeftModel
from torch import Tensor
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler
from transformers import PreTrainedModel

from cotfaith.engine.decoding import Decoding
from cotfaith.engine.evaluation import Evaluation, Evaluator
from cotfaith.engine.measures import NOTHING, Measures
from cotfaith.models.build import fingerprint
from cotfaith.text.encoding import Encoder
from cotfaith.training.collation import IGNORE, Batch
from cotfaith.training.data import SFTDataModule
from cotfaith.training.interview import Interview
from cotfaith.training.loss import SupervisedLoss
from cotfaith.training.optimizers import Group, check_saved, decaying
from cotfaith.training.packing import FlashAttention
from cotfaith.training.sharing import SharedBase
from cotfaith.types import Arm, Example


class SFTModule(LightningModule):
    """A causal LM with an adapter.

    build: makes the model on a device; called once, by Lightning's `configure_model`.
    measures: what a test asks beyond that.
    canary: token ids on which the model with its adapter switched off must stay what the base was.
    compiled: train through torch.compile. shared: where evaluations of the base are taken from, or None: they are made here.
    arm: which of the two is asked, "base" (adapter off) or "tuned".
    """

    def __init__(
        self,
        *,
        build: Callable[[torch.device], PreTrainedModel],
        encoder: Encoder,
        decoding: Decoding,
        evaluator: Evaluator,
        canary: Sequence[int],
        measures: Measures = NOTHING,
        optimizer: Callable[[list[Group]], Optimizer] | None = None,
        scheduler: Callable[..., LRScheduler] | None = None,
        shared: SharedBase | None = None,
        compiled: bool = False,
    ) -> None:
        super().__init__()
        self.build = build
        self.encoder = encoder
        self.canary = list(canary)
        self.make_optimizer = optimizer
        self.make_scheduler = scheduler
        self.compiled = compiled
        self.arm: Arm = "tuned"
        self.model: PreTrainedModel | None = None
        self.base_fingerprint: Tensor | None = None
        self.loss: SupervisedLoss | None = None
        self.flash: FlashAttention | None = None  # where rows are packed
        self.interview = Interview(encoder, decoding, evaluator, measures, shared)
        self.strict_loading = False  # checkpoints hold the adapter only; `on_load_checkpoint` checks that they hold all of it

    def configure_model(self) -> None:
        if self.model is None:
            self.model = self.build(self.trainer.strategy.root_device)
            self.interview.model = self.model
            self.base_fingerprint = self.fingerprint("base")

    def fingerprint(self, arm: Arm) -> Tensor:
        """Logits (T, V) on the canary."""
        assert self.model is not None
        if arm == "base" and isinstance(self.model, PeftModel):
            with self.model.disable_adapter():
                return fingerprint(self.model, self.canary)
        return fingerprint(self.model, self.canary)

    def on_fit_end(self) -> None:
        """While the model is still on its device: Lightning moves it to the CPU right after this."""
        if self.flash is not None:
            self.flash.off()
        self.check_canaries()

    def check_canaries(self) -> None:
        """After training the adapter must change the model, and switching it off must give the base back.

        Raises:
            RuntimeError: one of the two does not hold; what is then measured is not what it is called.
        """
        assert self.base_fingerprint is not None
        base = self.fingerprint("base")
        if not torch.allclose(base, self.base_fingerprint, atol=1e-4):  # rounding between two forwards on a GPU
            raise RuntimeError("with the adapter switched off the model is not the base it was before training")
        if torch.equal(self.fingerprint("tuned"), base):
            raise RuntimeError("the adapter changes nothing: training moved no weight")

    def on_fit_start(self) -> None:
        assert self.model is not None
        self.model.train()  # from_pretrained leaves it in eval mode, where gradient checkpointing does nothing
        if self._data.batching.kind == "packed":
            self.flash = FlashAttention(self.model)

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        """The loss of this batch, such that an optimizer step sees the mean over all its supervised tokens, however they are spread."""
        assert self.model is not None
        if self.loss is None:
            self.loss = SupervisedLoss(self.model, compiled=self.compiled)
        loss = self.loss(batch["input_ids"], batch["labels"], batch.get("position_ids"))
        self.log("train/loss", loss.detach() / (batch["labels"] != IGNORE).sum())
        self.log("train/lr", self.trainer.optimizers[0].param_groups[0]["lr"])
        learned = self._data.batches.supervised(batch_idx, int(self.trainer.num_training_batches))
        # Lightning divides by the batches of a step, and DDP by the processes
        return loss * (self.trainer.accumulate_grad_batches * self.trainer.world_size / learned)

    @property
    def _data(self) -> SFTDataModule:
        data = self.trainer.datamodule  # type: ignore[attr-defined]  # set by trainer.fit
        assert isinstance(data, SFTDataModule)
        return data

    def on_test_start(self) -> None:
        """An adapter that changes nothing would be compared with itself.

        Raises:
            RuntimeError: the tuned arm is about to be measured and is the base.
        """
        if self.arm == "tuned" and isinstance(self.model, PeftModel) and torch.equal(self.fingerprint("tuned"), self.fingerprint("base")):
            raise RuntimeError("the adapter changes nothing: base and tuned are one model")

    def validation_step(self, batch: list[Example], batch_idx: int) -> dict[str, Evaluation]:
        with self.asking() as interview:
            return {"evaluation": interview(self.arm, batch, "val")}

    def test_step(self, batch: list[Example], batch_idx: int) -> dict[str, Evaluation]:
        with self.asking() as interview:
            return {"evaluation": interview(self.arm, batch, "test")}

    @contextmanager
    def asking(self) -> Iterator[Interview]:
        """Both arms to be asked, in the trainer's precision."""
        with self.trainer.precision_plugin.forward_context():
            yield self.interview

    def configure_optimizers(self) -> OptimizerLRSchedulerConfig:
        assert self.make_optimizer is not None
        assert self.make_scheduler is not None
        optimizer = self.make_optimizer(decaying(self.named_parameters()))
        schedule = self.make_scheduler(optimizer, total_steps=int(self.trainer.estimated_stepping_batches))
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

    def trainable_names(self) -> set[str]:
        return {name for name, parameter in self.named_parameters() if parameter.requires_grad}

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Keep the trainable weights only: quantised ones cannot be loaded back, and the base is known by its name."""
        trainable = self.trainable_names()
        checkpoint["state_dict"] = {name: tensor for name, tensor in checkpoint["state_dict"].items() if name in trainable}

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Refuse a checkpoint that does not hold exactly our trainable weights.

        Raises:
            ValueError: a weight is missing, unknown or of another shape; the optimizer's moments are of other bits.
        """
        assert self.model is not None
        if self.make_optimizer is not None and checkpoint.get("optimizer_states"):
            check_saved(self.make_optimizer, self.device, checkpoint["optimizer_states"][0])
        own = {name: parameter.shape for name, parameter in self.named_parameters() if parameter.requires_grad}
        found = {name: tensor.shape for name, tensor in checkpoint["state_dict"].items()}
        if own != found:
            odd = sorted(name for name in own.keys() | found.keys() if own.get(name) != found.get(name))
            raise ValueError(
                f"the checkpoint does not fit the adapter: {len(odd)} weights missing, unknown or of another shape, the first is {odd[0]}"
            )
