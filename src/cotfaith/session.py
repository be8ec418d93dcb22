"""The life of one run: its folder and status, the order of fitting and measuring, what is left behind. Knows no config.

`running` surrounds everything, building included, so that a run that fails before it starts says so in its folder.
"""

from __future__ import annotations

import logging
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from lightning.pytorch import Trainer
from lightning.pytorch.utilities.exceptions import SIGTERMException
from lightning_utilities.core.rank_zero import rank_zero_only
from transformers.utils import logging as transformers_logging

from cotfaith.callbacks.wandb_board import finish, log_adapter, log_curves, log_summary, log_table, mark_preempting
from cotfaith.manifest import make_manifest
from cotfaith.models.build import footprint
from cotfaith.report import sensitivity
from cotfaith.report.comparison import UNINTERPRETABLE, Comparison, probes
from cotfaith.report.headline import headline
from cotfaith.report.inspection import datasets, find, most_changed
from cotfaith.report.page import write_report
from cotfaith.report.terminal import console, show_certainty, show_comparison, show_inspection, show_line, show_table
from cotfaith.report.versus import compare_runs, groups_of
from cotfaith.store import RunStore
from cotfaith.training.data import SFTDataModule
from cotfaith.training.module import SFTModule
from cotfaith.types import Arm

log = logging.getLogger(__name__)

_TOLD_TO_STOP = 143  # 128 + SIGTERM, as a shell says it


@dataclass(frozen=True)
class Session:
    """The objects of one run, wired.

    config: resolved. measured: one data module for each dataset that is measured on its test split, in this order.
    """

    config: dict[str, Any]
    store: RunStore
    module: SFTModule
    trainer: Trainer
    measured: Sequence[SFTDataModule]

    def fit(self, data: SFTDataModule, checkpoint: str | None) -> None:
        """Validate the base, then train; the adapter is left in the run's folder."""
        sizes = len(data.rows), len(data.examples("val")), len(data.examples("test"))
        log.info("%d examples to train on, %d to validate on, %d to test on", *sizes)
        self._ask("base", self.trainer.validate, data)
        assert self.module.model is not None
        log.info("%s", footprint(self.module.model))
        start = time.monotonic()
        self.trainer.fit(self.module, datamodule=data, ckpt_path=checkpoint)
        log.info("trained %d steps in %.0f s, validation included", self.trainer.global_step, time.monotonic() - start)
        if self.trainer.is_global_zero:
            self.module.model.save_pretrained(self.store.adapter, save_embedding_layers=False)  # "auto" asks the hub

    def measure(self, arms: tuple[Arm, ...]) -> None:
        """Each arm on every test split, in the same batches; then everything that is left on disk."""
        for arm in arms:
            for data in self.measured:
                self._ask(arm, self.trainer.test, data)
        if not self.trainer.is_global_zero:
            return
        assert self.module.model is not None
        device = self.trainer.strategy.root_device  # the model itself is back on the CPU by now
        examples = [example for data in self.measured for example in data.examples("test")]
        provenance = {data.dataset.name: data.dataset.provenance() | _counts(data) for data in self.measured}
        manifest = make_manifest(self.config, self.module.model, self.module.encoder, examples, provenance, device)
        budget = self.module.budget
        self.store.put_manifest(manifest | {"budget": asdict(budget) if budget else None})  # what was run at once; None: one row at a time
        comparisons, transfer = write_report(self.store)
        self._log_final(comparisons)
        for comparison in comparisons:
            show_comparison(comparison)
        for dataset, panel in self.store.studies().get(sensitivity.STUDY, {}).items():
            show_table(f"{dataset}: does the ranking survive how it is measured?", sensitivity.COLUMNS, sensitivity.rows(panel))
            show_line(panel["sentence"])
        if len(transfer.datasets) > 1:
            show_table("trained on against evaluated on, test split", transfer.columns, transfer.rows)
        log.info("peak memory %.2f GiB", manifest["peak_bytes"] / 2**30)

    def _ask(self, arm: Arm, loop: Callable[..., Any], data: SFTDataModule) -> None:
        """Run `trainer.validate` or `trainer.test` on one arm."""
        self.module.arm = arm
        loop(self.module, datamodule=data, verbose=False)
        self.module.arm = "tuned"

    def _log_final(self, comparisons: Sequence[Comparison]) -> None:
        metrics = self.store.metrics()
        prefixes = {data.dataset.name: data.prefix for data in self.measured}
        log_summary(self.trainer, metrics, headline(self.store.comparison(), metrics, prefixes))
        for table in comparisons:
            log_table(self.trainer, f"comparison/{table.dataset}", table.columns, [row.cells for row in table.rows])
            log_table(self.trainer, f"gates/{table.dataset}", (UNINTERPRETABLE,), [(reason,) for reason in table.reasons])
        for data in self.measured:
            of_arms = {arm: scores[data.dataset.name] for arm, scores in metrics.items()}
            named = probes(next(iter(of_arms.values())))
            curves = {probe: {arm: scores[probe]["cot_pred_match"] for arm, scores in of_arms.items()} for probe in named}
            log_curves(self.trainer, curves, data.prefix)
        if self.store.adapter.is_dir():
            log_adapter(self.trainer, self.store.adapter, self.store.manifest(), best=_ended_at_its_best(self.store.validations()))


def compare(named: object, store: RunStore) -> None:
    """Hold finished runs against each other, by what they left on disk. named: what `compare=` says, see `groups_of`."""
    for table in compare_runs(groups_of(named), store):
        show_certainty(table)


def _ended_at_its_best(validations: Sequence[Mapping[str, Any]]) -> bool:
    """Whether no validation of the tuned arm had a higher cot_accuracy than its last. validations: as in validation.jsonl."""
    scores = [each["scores"]["cot_accuracy"] for each in validations if each["arm"] == "tuned" and "cot_accuracy" in each["scores"]]
    return bool(scores) and scores[-1] >= max(scores)


def inspect(store: RunStore, uid: str | None) -> None:
    """Show one example of a run; without a uid, the examples that changed most.

    Raises:
        FileNotFoundError: the run left no records.
        ValueError: the uid is not that of one example.
    """
    if uid is not None:
        return show_inspection(find(store, str(uid)))
    for dataset in datasets(store):
        rows = [(each.uid, f"{each.change:+.3f}") for each in most_changed(store, dataset, 10)]
        show_table(f"{dataset}: examples whose faithfulness changed most; show one with uid=...", ("uid", "mean change of aoc"), rows)


def _counts(data: SFTDataModule) -> dict[str, object]:
    """What the tokenizer made of a dataset."""
    return {"tokens": {name: asdict(lengths) for name, lengths in data.tokens.items()}, "too_long_to_train_on": data.too_long}


def leads() -> bool:
    """Whether this process writes and speaks, of several that work on one run."""
    return getattr(rank_zero_only, "rank", 0) == 0


@contextmanager
def running(folder: Path, *, resume: bool = False) -> Iterator[RunStore]:
    """The run's folder and status; whatever happens, the status is put and W&B is told how it ended.

    resume: the folder may hold a run, and whether it is this one is for the caller to see: until that run is gone on with, its status stays
    what it is. A run that is told to stop (SIGTERM) ends as "preempted", with the exit code of a process that was.

    Raises:
        RuntimeError: another process runs in this folder.
    """
    quiet()
    store = RunStore(folder)
    if not leads():
        logging.getLogger("cotfaith").setLevel(logging.WARNING)
        with _ending(store):
            yield store
        return
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(folder / ".lock", blocking=False):  # given back by the operating system when its holder dies
            if not resume:
                _begin(store)
            with _ending(store):
                yield store
    except Timeout:
        raise RuntimeError(f"{folder}: another process runs in this folder; expected it to have ended") from None


@contextmanager
def _ending(store: RunStore) -> Iterator[None]:
    ended, code, why = "failed", 1, None
    try:
        yield
        ended, code = "finished", 0
    except SIGTERMException:  # a SystemExit without a code: the process would say that all went well
        log.error("told to stop: resume=true goes on in %s", store.folder)
        ended, code = "preempted", _TOLD_TO_STOP
        mark_preempting()
        raise SystemExit(code) from None
    except BaseException as error:
        why = f"{type(error).__name__}: {plain(error)}"
        log.error("failed: %s", plain(error))  # in a sweep Hydra shows the first failure only, at the end
        logging.getLogger().error("where it failed", exc_info=error)  # in the log file alone
        traceback.clear_frames(error.__traceback__)  # ... and keeps it till then, with the model in its frames
        raise
    finally:
        if leads() and store.status() == "running":
            store.put_status(ended, why)
        offline = finish(code)
        out = console()
        if offline:
            out.print(f"W&B run, offline: {offline} (wandb leet shows it, wandb sync uploads it)", soft_wrap=True, highlight=False, markup=False)
        if code == 0 and leads():
            out.print(str(store.folder), soft_wrap=True, highlight=False, markup=False)


def _begin(store: RunStore) -> None:
    try:
        store.begin()
    except FileExistsError as error:  # the folder keeps the status of the run that it holds
        log.error("failed: %s", error)
        raise


def plain(error: BaseException) -> str:
    """What an error says; Hydra wraps what a constructor raises."""
    wrapped = type(error).__module__.startswith("hydra.") and error.__cause__ is not None
    return str(error.__cause__ if wrapped else error)


def quiet() -> None:
    """Third parties speak in the run's log file, not over the progress bar."""
    logging.captureWarnings(True)
    logging.getLogger("lightning").handlers.clear()  # lightning 2.6 adds a console handler at import, whatever the root has
    transformers_logging.disable_progress_bar()
