from __future__ import annotations

import dataclasses
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.callbacks import ModelCheckpoint
from peft import get_peft_model_state_dict

from cotfaith.datasets.arithmetic import Arithmetic
from cotfaith.engine.decoding import Decoding
from cotfaith.engine.evaluation import Evaluator
from cotfaith.models.base import BaseModel, Quantization
from cotfaith.models.build import ModelBuilder
from cotfaith.models.full import FullTuning
from cotfaith.models.lora import Lora
from cotfaith.text.encoding import Encoder
from cotfaith.training.data import SFTDataModule
from cotfaith.training.module import SFTModule
from cotfaith.training.optimizers import adamw
from cotfaith.training.schedule import cosine_with_warmup
from cotfaith.training.targets import Target

DATASET = Arithmetic(train_size=8, val_size=2, test_size=2, seed=1, max_steps=2)


def sft(
    encoder: Encoder, *, r: int = 4, checkpointing: bool = False, targets: Any = ("q_proj", "v_proj"), kind: Any = "nf4", bits: Any = 32
) -> SFTModule:
    lora = Lora(r=r, alpha=16, ratio=2, dropout=0.0, target_modules=targets, scaling="fixed_alpha")
    base, quantization = BaseModel(path="embedded"), Quantization(kind=kind)
    return SFTModule(
        build=ModelBuilder(base=base, quantization=quantization, adapter=lora, recomputes=lambda _: checkpointing),
        encoder=encoder,
        decoding=Decoding(batch_size=8, max_new_tokens=8, answer_tokens=4),
        evaluator=Evaluator((), (0.0, 1.0), 0),
        canary=list(range(10, 30)),
        optimizer=partial(adamw, lr=1e-2, betas=(0.9, 0.999), weight_decay=0.0, bits=bits),
        scheduler=partial(cosine_with_warmup, warmup=0.0),
    )


def fit(module: SFTModule, encoder: Encoder, folder: Path, *, ckpt_path: str | None = None, **settings: Any) -> Trainer:
    sizes = {"batching": "padded", "batch_size": 4, "tokens_per_batch": 512, "eval_batch_size": 2, "max_length": 512}
    data = SFTDataModule(DATASET, encoder, Target(learn="chain_and_answer"), seed=0, **(sizes | settings.pop("data", {})))
    torch.manual_seed(0)  # of the adapter's first weights
    saving = ModelCheckpoint(dirpath=folder, save_last=True)
    quiet = {"logger": False, "enable_progress_bar": False, "enable_model_summary": False, "accelerator": "cpu", "num_sanity_val_steps": 0}
    trainer = Trainer(**{**quiet, "max_steps": 2, "limit_val_batches": 0, "callbacks": [saving], **settings})
    trainer.fit(module, datamodule=data, ckpt_path=ckpt_path)
    return trainer


class PullThePlug(Callback):
    """Ends a run the hard way before a batch."""

    def __init__(self, before: int) -> None:
        self.before = before

    def on_train_batch_start(self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int) -> None:
        if trainer.global_step == self.before:
            raise RuntimeError("pulled the plug")


def adapter(module: SFTModule) -> dict[str, torch.Tensor]:
    assert module.model is not None
    return {name: tensor.clone() for name, tensor in get_peft_model_state_dict(module.model).items()}


@pytest.mark.parametrize("kind", ["nf4", "fp4", "int8", "none"])
def test_training_moves_the_adapter_and_leaves_the_base_alone(encoder: Encoder, tmp_path: Path, kind: str) -> None:
    module = sft(encoder, kind=kind)
    fit(module, encoder, tmp_path)
    assert torch.equal(module.fingerprint("base"), module.base_fingerprint)
    assert not torch.equal(module.fingerprint("tuned"), module.base_fingerprint)


@pytest.mark.parametrize("tuning", [FullTuning(), Lora(r=4, alpha=16, ratio=2, dropout=0.0, target_modules=("q_proj",), scaling="rslora", dora=True)])
def test_other_methods_train_beside_the_same_base_and_go_on_from_a_checkpoint(encoder: Encoder, tmp_path: Path, tuning: Any) -> None:
    kind = "none" if isinstance(tuning, FullTuning) else "nf4"
    first, second = sft(encoder, kind=kind), sft(encoder, kind=kind)
    for module in (first, second):
        module.build = dataclasses.replace(module.build, adapter=tuning)  # type: ignore[type-var]  # a ModelBuilder
    fit(first, encoder, tmp_path)
    assert torch.equal(first.fingerprint("base"), first.base_fingerprint)
    fit(second, encoder, tmp_path / "on", ckpt_path=str(tmp_path / "last.ckpt"))  # max_steps reached: it only loads
    assert torch.equal(second.fingerprint("tuned"), first.fingerprint("tuned"))


def test_a_base_that_moved_is_noticed(encoder: Encoder, tmp_path: Path) -> None:
    module = sft(encoder)
    fit(module, encoder, tmp_path)
    assert module.model is not None
    module.model.get_base_model().model.norm.weight.data.mul_(1.5)
    with pytest.raises(RuntimeError, match="is not the base it was before training"):
        module.check_canaries()


def test_an_adapter_that_changes_nothing_is_noticed(encoder: Encoder, tmp_path: Path) -> None:
    module = sft(encoder)
    module.make_optimizer = partial(adamw, lr=0.0, betas=(0.9, 0.999), weight_decay=0.0, bits=32)
    with pytest.raises(RuntimeError, match="the adapter changes nothing"):
        fit(module, encoder, tmp_path)


def test_a_checkpoint_holds_the_adapter_only(encoder: Encoder, tmp_path: Path) -> None:
    module = sft(encoder)
    fit(module, encoder, tmp_path)
    saved = torch.load(tmp_path / "last.ckpt", weights_only=True)["state_dict"]
    assert saved.keys() == module.trainable_names()
    assert all("lora_" in name for name in saved)


def test_training_goes_on_from_a_checkpoint_of_a_4_bit_model(encoder: Encoder, tmp_path: Path) -> None:
    # a full 4-bit checkpoint cannot be loaded back: bitsandbytes adds keys that the fresh model does not expect
    first, second = sft(encoder), sft(encoder)
    fit(first, encoder, tmp_path)
    trainer = fit(second, encoder, tmp_path / "on", ckpt_path=str(tmp_path / "last.ckpt"))  # max_steps reached: it only loads
    assert trainer.global_step == 2
    assert all(torch.equal(adapter(first)[name], tensor) for name, tensor in adapter(second).items())


def test_an_optimizer_step_is_the_same_however_its_rows_are_spread_over_batches(encoder: Encoder, tmp_path: Path) -> None:
    # the mean of batch means weighs a token of a short batch more
    at_once, spread = sft(encoder), sft(encoder)
    fit(at_once, encoder, tmp_path / "a", max_steps=1, data={"batch_size": 8})
    fit(spread, encoder, tmp_path / "b", max_steps=1, data={"batch_size": 3}, accumulate_grad_batches=3)
    for name, tensor in adapter(at_once).items():
        torch.testing.assert_close(adapter(spread)[name], tensor, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("every", "limit"), [(3, 1.0), (8, 1.0), (10, 1.0), (5, 5), (7, 5)])
def test_a_run_interrupted_in_the_middle_of_an_epoch_ends_at_the_same_adapter(encoder: Encoder, tmp_path: Path, every: int, limit: float) -> None:
    # Lightning begins the epoch's data again: some examples twice, some never
    settings: dict[str, Any] = {"max_steps": 13, "limit_train_batches": limit, "data": {"batch_size": 1, "batching": "grouped"}}
    whole, first, second = sft(encoder), sft(encoder), sft(encoder)
    fit(whole, encoder, tmp_path / "whole", **settings)  # an epoch has 8, or as many as the limit says
    saving = ModelCheckpoint(dirpath=tmp_path / "part", every_n_train_steps=every, save_last=True)
    with pytest.raises(RuntimeError, match="pulled the plug"):
        fit(first, encoder, tmp_path, callbacks=[saving, PullThePlug(every)], **settings)
    fit(second, encoder, tmp_path, ckpt_path=str(tmp_path / "part" / "last.ckpt"), **settings)
    assert all(torch.equal(adapter(whole)[name], tensor) for name, tensor in adapter(second).items())


@pytest.mark.parametrize("accelerator", ["cpu", pytest.param("cuda", marks=pytest.mark.gpu)])
def test_moments_in_8_bits_are_gone_on_with(encoder: Encoder, tmp_path: Path, accelerator: str) -> None:
    whole, first, second = (sft(encoder, r=64, bits=8) for _ in range(3))  # smaller weights would keep theirs in 32
    fit(whole, encoder, tmp_path / "whole", max_steps=4, accelerator=accelerator)
    saving = ModelCheckpoint(dirpath=tmp_path, every_n_train_steps=2, save_last=True)
    with pytest.raises(RuntimeError, match="pulled the plug"):
        fit(first, encoder, tmp_path, max_steps=4, accelerator=accelerator, callbacks=[saving, PullThePlug(2)])
    trainer = fit(second, encoder, tmp_path / "on", max_steps=4, accelerator=accelerator, ckpt_path=str(tmp_path / "last.ckpt"))
    kept = {moment.dtype for states in trainer.optimizers[0].state.values() for name, moment in states.items() if name == "state1"}
    assert kept == {torch.uint8}
    assert all(torch.equal(adapter(whole)[name], tensor) for name, tensor in adapter(second).items())


def test_moments_of_other_bits_are_not_gone_on_with(encoder: Encoder, tmp_path: Path) -> None:
    fit(sft(encoder, bits=8), encoder, tmp_path)
    with pytest.raises(ValueError, match="optimizer.bits=8"):
        fit(sft(encoder, bits=32), encoder, tmp_path / "on", max_steps=3, ckpt_path=str(tmp_path / "last.ckpt"))


def test_a_checkpoint_between_the_batches_of_a_step_is_refused(encoder: Encoder, tmp_path: Path) -> None:
    # its gradients so far are not in the checkpoint
    saved = tmp_path / "odd.ckpt"
    trainer = fit(sft(encoder), encoder, tmp_path, max_steps=1, accumulate_grad_batches=2, data={"batch_size": 1})
    trainer.save_checkpoint(saved)
    state = torch.load(saved, weights_only=True)
    state["SFTDataModule"]["batch"] = 3
    torch.save(state, saved)
    with pytest.raises(ValueError, match="at the end of an optimizer step of 2 batches, found one behind batch 3"):
        fit(sft(encoder), encoder, tmp_path, max_steps=4, accumulate_grad_batches=2, data={"batch_size": 1}, ckpt_path=str(saved))


def test_a_checkpoint_of_more_processes_is_refused(encoder: Encoder, tmp_path: Path) -> None:
    # the places that one process had reached mean nothing to another share of the rows
    saved = tmp_path / "two.ckpt"
    fit(sft(encoder), encoder, tmp_path).save_checkpoint(saved)
    state = torch.load(saved, weights_only=True)
    state["SFTDataModule"]["processes"] = 2
    torch.save(state, saved)
    with pytest.raises(ValueError, match=r"ckpt_path: expected to go on with the 2 processes .* got 1 \(trainer\.devices"):
        fit(sft(encoder), encoder, tmp_path, max_steps=4, ckpt_path=str(saved))


@pytest.mark.parametrize("other", [{"r": 8}, {"targets": ("q_proj",)}, {"targets": ("q_proj", "k_proj", "v_proj")}])
def test_a_checkpoint_of_another_adapter_is_refused(encoder: Encoder, tmp_path: Path, other: dict[str, Any]) -> None:
    fit(sft(encoder), encoder, tmp_path)
    with pytest.raises(ValueError, match="the checkpoint does not fit the adapter"):
        fit(sft(encoder, **other), encoder, tmp_path / "on", ckpt_path=str(tmp_path / "last.ckpt"))


def test_adapter_weights_stay_in_float32_under_bf16_mixed(encoder: Encoder, tmp_path: Path) -> None:
    module = sft(encoder)
    fit(module, encoder, tmp_path, precision="bf16-mixed")
    assert {p.dtype for p in module.parameters() if p.requires_grad} == {torch.float32}


@pytest.mark.parametrize(("checkpointing", "forwards"), [(False, 1), (True, 2)])
def test_gradient_checkpointing_really_runs_each_layer_again(encoder: Encoder, tmp_path: Path, checkpointing: bool, forwards: int) -> None:
    # from_pretrained hands out eval mode and Lightning keeps it: nothing would be recomputed, without a word
    module, counted = sft(encoder, checkpointing=checkpointing), []
    build = module.build
    module.build = lambda device: counting(build(device), counted)
    fit(module, encoder, tmp_path, max_steps=1)
    assert len(counted) == forwards


def counting(model: Any, calls: list[int]) -> Any:
    """Count forwards that gradients flow through; the canaries' fingerprints are none."""
    model.get_base_model().model.layers[0].mlp.register_forward_pre_hook(lambda *_: calls.append(1) if torch.is_grad_enabled() else None)
    return model


def test_the_model_is_built_once_however_many_loops_run(encoder: Encoder, tmp_path: Path) -> None:
    module = sft(encoder)
    trainer = fit(module, encoder, tmp_path)
    model = module.model
    module.configure_model()
    assert module.model is model
    assert trainer.global_step == 2


def test_both_arms_are_asked_by_the_budget_of_the_first(encoder: Encoder, tmp_path: Path) -> None:
    module = sft(encoder)
    fit(module, encoder, tmp_path)
    examples = list(DATASET.load("test"))
    module.arm = "base"
    module.test_step(examples, 0)
    decided = module.interview.budget
    module.arm = "tuned"
    module.test_step(examples, 0)
    assert decided is not None
    budgets = [reasoner.engine.budget for reasoner in module.interview.reasoners.values()]
    assert [budget is decided for budget in budgets] == [True, True]  # equal ones may come about by chance
