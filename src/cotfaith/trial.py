"""A short trial of a run: how long a step of training and the measuring of one example take on this machine."""

from __future__ import annotations

import math
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from lightning.pytorch import Callback, LightningModule, Trainer
from omegaconf import DictConfig, OmegaConf

from cotfaith.planning import Speed, Work
from cotfaith.store import RunStore
from cotfaith.training.batching import Batches
from cotfaith.wiring import Parts, build, prepare

_EXAMPLES = 16  # enough for a batch, little enough for seconds on a small model
_LIGHTNINGS_EPOCHS = 1000  # where neither limit is given
_STEPS = 3  # the first one warms up


def work_of(parts: Parts) -> Work:
    """What the whole run has to do; reads all examples and tokenises those to train on."""
    data, settings = parts.measured[0], parts.config["trainer"]
    lengths = [len(row.prompt) + len(row.target) for row in data.rows]
    batches = len(Batches(data.batching, lengths, lengths, seed=0, accumulate=1))
    steps, epochs = _steps(math.ceil(batches / settings["accumulate_grad_batches"]), settings["max_epochs"], settings["max_steps"])
    every = settings["val_check_interval"]
    a_batch = max(1, int(batches * every)) if isinstance(every, float) else every
    return Work(
        train=len(data.rows),
        steps=steps,
        validations=int(epochs * (batches // a_batch)),
        val=len(data.examples("val")),
        test=sum(len(each.examples("test")) for each in parts.measured),
        readings=1 + len(parts.probes) * len(parts.alphas),  # the first is the direct answer
        further=_further(parts),
        studies=tuple(study.name for study in parts.studies),
    )


def _steps(in_epoch: int, max_epochs: int | None, max_steps: int) -> tuple[int, float]:
    """Optimizer steps and epochs of the training, as Lightning ends it: by whichever limit is reached first; -1 is none.

    Raises:
        ValueError: neither is one.
    """
    if max_epochs is None:
        max_epochs = _LIGHTNINGS_EPOCHS if max_steps < 0 else -1
    limits = [limit for limit in (in_epoch * max_epochs, max_steps) if limit >= 0]
    if not limits:
        raise ValueError(f"trainer.max_epochs={max_epochs}, trainer.max_steps={max_steps}: expected an end of the training, found none")
    return min(limits), min(limits) / in_epoch


def _further(parts: Parts) -> int:
    """Readings and scorings of one test example beyond those of a validation; chains are taken to be as long as the training's."""
    measures, chains = parts.config["measures"], [len(example.chain) for example in parts.measured[0].examples("train") if example.chain]
    cuts = 1 + round(sum(chains) / len(chains)) if chains else 1
    wanted = {"commitment": cuts, "info_gain": cuts, "soft": len(parts.probes) * len(parts.alphas)}
    again = 1 if parts.probes else 0  # the A/A floor
    return again + sum(count for name, count in wanted.items() if measures[name])


def speed_of(cfg: DictConfig) -> Speed:
    """Train a few steps and measure a few examples as a run of this configuration would; nothing of it is kept."""
    with TemporaryDirectory() as folder:
        start = time.perf_counter()
        parts = prepare(_in_small(cfg, Path(folder)), trains=True)
        session = build(parts, RunStore(Path(folder)), job_type="train")
        clock = _Clock()
        session.trainer.callbacks.append(clock)  # type: ignore[attr-defined]  # set by the callback connector
        session.module.arm = "base"
        session.trainer.test(session.module, datamodule=parts.measured[0], verbose=False)
        examples = min(_EXAMPLES, len(parts.measured[0].examples("test")))
        session.module.arm = "tuned"
        session.trainer.fit(session.module, datamodule=parts.measured[0])
        step = min(clock.steps)
        return Speed(start=time.perf_counter() - start - clock.testing - sum(clock.steps), step=step, example=clock.testing / examples)


def _in_small(cfg: DictConfig, folder: Path) -> DictConfig:
    small: dict[str, Any] = {
        "run_dir": str(folder),
        "share_dir": str(folder / "shared"),
        "callbacks": {},
        "logger": None,
        "eval_datasets": None,
        "ckpt_path": None,
        "data": {"eval_batch_size": _EXAMPLES},
    }
    accumulate = cfg.trainer.accumulate_grad_batches
    limits = {"max_steps": _STEPS, "limit_test_batches": 1, "limit_val_batches": 0, "limit_train_batches": _STEPS * accumulate}
    silent = {"enable_progress_bar": False, "enable_checkpointing": False}
    merged = OmegaConf.create(OmegaConf.to_container(cfg))
    merged.callbacks = {}
    out = OmegaConf.merge(merged, small, {"trainer": {**limits, **silent}})
    assert isinstance(out, DictConfig)
    return out


class _Clock(Callback):
    """Seconds of every optimizer step and of the test."""

    def __init__(self) -> None:
        self.steps: list[float] = []
        self.testing = 0.0
        self.started = 0.0

    def on_test_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self.started = time.perf_counter()

    def on_test_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self.testing = time.perf_counter() - self.started

    def on_train_batch_start(self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int) -> None:
        if batch_idx % trainer.accumulate_grad_batches == 0:
            self.started = time.perf_counter()

    def on_train_batch_end(self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int) -> None:
        if (batch_idx + 1) % trainer.accumulate_grad_batches == 0:
            self.steps.append(time.perf_counter() - self.started)
