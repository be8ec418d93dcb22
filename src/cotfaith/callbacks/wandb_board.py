"""All that touches Weights & Biases: the logger, tables of examples, probe curves, the adapter, the end of the run.

Where the logger is another one, or none, nothing here does anything.
"""

from __future__ import annotations

import netrc
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlparse

import wandb
from lightning.pytorch import Trainer
from lightning.pytorch.loggers import WandbLogger
from lightning_utilities.core.rank_zero import rank_zero_only

from cotfaith.callbacks.measurement import Measurement, Setting
from cotfaith.engine.evaluation import AGAIN, COMMITMENT, DIRECT, Evaluation
from cotfaith.training.module import SFTModule
from cotfaith.types import Reading, Rollout

_COLUMNS = ("arm", "uid", "question", "gold", "chain", "own answer", "probe", "alpha", "perturbed chain", "reading", "match")


def wandb_logger(
    *, name: str, group: str | None, job_type: str, folder: Path, project: str, entity: str | None = None, offline: bool | None = None
) -> WandbLogger:
    """A Lightning logger for one run. It never asks for an account: without an API key it writes to `folder` alone."""
    if getattr(rank_zero_only, "rank", 0) != 0:
        return WandbLogger(save_dir=folder, offline=True)
    folder.mkdir(parents=True, exist_ok=True)
    settings = wandb.Settings(
        mode=_mode(offline),
        silent=True,
        console="off",
        x_transaction_log_flush_interval=1,  # seconds; the default loses up to 15 s of an offline run on a kill
    )
    run = wandb.init(name=name, group=group, job_type=job_type, project=project, entity=entity, dir=folder, settings=settings)
    run.define_metric("trainer/global_step")
    run.define_metric("*", step_metric="trainer/global_step", step_sync=True)
    run.define_metric("train/loss", step_metric="trainer/global_step", summary="min,last")
    run.define_metric("val/cot_accuracy", step_metric="trainer/global_step", summary="max,last")
    return WandbLogger(experiment=run, save_dir=folder)  # a logger that starts the run itself makes wandb 0.31 warn of a setting it passes


def _mode(offline: bool | None) -> Literal["online", "offline", "disabled"]:
    """What is asked for by the option, by WANDB_MODE, and without either by whether there is an account."""
    wish = os.environ.get("WANDB_MODE")
    if wish == "disabled":
        return "disabled"
    if offline is None:
        offline = wish in ("offline", "dryrun") or not has_account()
    return "offline" if offline else "online"


def has_account() -> bool:
    """Whether W&B would find an API key: in the environment or in the netrc file."""
    if os.environ.get("WANDB_API_KEY"):
        return True
    host = urlparse(os.environ.get("WANDB_BASE_URL", "https://api.wandb.ai")).hostname or ""
    try:
        return netrc.netrc(os.environ.get("NETRC")).authenticators(host) is not None
    except (FileNotFoundError, netrc.NetrcParseError):
        return False


def finish(exit_code: int) -> str | None:
    """End the current run, if there is one, so that the next job of a sweep gets its own; its folder where it is offline."""
    if wandb.run is None:
        return None
    folder = str(Path(wandb.run.dir).parent) if wandb.run.settings.mode == "offline" else None
    wandb.finish(exit_code=exit_code)
    return folder


def mark_preempting() -> None:
    """Say that the machine is taken away from the current run, if there is one."""
    if wandb.run is not None:
        wandb.run.mark_preempting()


class WandbBoard(Measurement):
    """Logs the same first `examples` of a split at every measurement, with their perturbed chains and readings."""

    def __init__(self, examples: int) -> None:
        if examples < 0:
            raise ValueError(f"callbacks.board.examples: expected 0 or more, got {examples}")
        self.examples = examples
        self.rows: list[list[Any]] = []
        self.shown: set[str] = set()

    def begin(self, module: SFTModule) -> None:
        self.rows, self.shown = [], set()

    def add(self, evaluation: Evaluation, module: SFTModule) -> None:
        for rollout in evaluation.rollouts[: self.examples - len(self.shown)]:
            self.shown.add(rollout.example.uid)
            read = [r for r in evaluation.readings if r.uid == rollout.example.uid and r.probe not in (DIRECT, AGAIN, COMMITMENT)]
            self.rows += [_row(module.arm, rollout, reading) for reading in read]

    def end(self, trainer: Trainer, module: SFTModule, setting: Setting) -> None:
        run = _run(trainer)
        if run is not None:
            table = wandb.Table(columns=list(_COLUMNS), data=list(self.rows))
            run.log({setting.key("examples"): table, "trainer/global_step": setting.step})


def log_summary(trainer: Trainer, metrics: dict[str, Any], headline: dict[str, float | str]) -> None:
    """The final scores in the run's summary as they stand in metrics.json: arm -> dataset -> metric or probe, reasons of gates included.

    headline: what a table of runs is sorted by, beside the scores that were logged under ``test/`` and ``base/test/``.
    """
    run = _run(trainer)
    if run is not None:
        run.summary.update({"final": metrics, **headline})


def log_table(trainer: Trainer, key: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A table of text."""
    run = _run(trainer)
    if run is not None:
        run.log({key: wandb.Table(columns=list(columns), data=[list(row) for row in rows])})


def log_curves(trainer: Trainer, curves: dict[str, dict[str, dict[str, float | None]]], prefix: str) -> None:
    """One chart per probe, `prefix` before its name. curves: probe -> arm -> alpha -> cot_pred_match (None: uninterpretable, not drawn).

    The tuned line bears the run's name: a panel over several runs tells them apart by it, and their common base is one line.
    """
    run = _run(trainer)
    if run is None:
        return
    names = {"base": "base", "tuned": f"tuned, {run.name}"}
    for probe, arms in curves.items():
        lines = {arm: [(float(a), y) for a, y in line.items() if y is not None] for arm, line in arms.items()}
        drawn = {arm: line for arm, line in lines.items() if line}
        if drawn:
            closed = "".join(f", {arm} uninterpretable" for arm in lines if arm not in drawn)
            chart = wandb.plot.line_series(
                xs=[[x for x, _ in line] for line in drawn.values()],
                ys=[[y for _, y in line] for line in drawn.values()],
                keys=[names[arm] for arm in drawn],
                title=f"{probe}: CoT Pred Match{closed}",
                xname="alpha",
            )
            run.log({f"curves/{prefix}{probe}": chart})


def log_adapter(trainer: Trainer, folder: Path, metadata: dict[str, Any], *, best: bool) -> None:
    """The PEFT folder with its model card as an artifact of the run, alias "latest". best: no validation was better than the last, alias "best"."""
    run = _run(trainer)
    if run is not None:
        artifact = wandb.Artifact(f"adapter-{run.id}", type="model", metadata=metadata)
        for path in sorted(folder.iterdir()):  # add_dir would do it too, and print a line of its own
            artifact.add_file(str(path))
        run.log_artifact(artifact, aliases=["latest", f"step-{trainer.global_step}", *(["best"] if best else [])])


def _run(trainer: Trainer) -> Any:
    """The W&B run of this process; None on other ranks and with other loggers."""
    loggers = [logger for logger in trainer.loggers if isinstance(logger, WandbLogger)]
    return loggers[0].experiment if loggers and trainer.is_global_zero else None


def _row(arm: str, rollout: Rollout, reading: Reading) -> list[Any]:
    example = rollout.example
    return [
        arm,
        example.uid,
        example.question,
        example.answer,
        "".join(rollout.chain),
        rollout.answer,
        reading.probe,
        reading.alpha,
        "".join(reading.chain),
        reading.answer,
        reading.answer == rollout.answer,
    ]
