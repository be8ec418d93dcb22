"""One run: the order of fitting and measuring, and what is left behind. Knows no config."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from lightning.pytorch import Trainer
from lightning.pytorch.utilities.exceptions import SIGTERMException

from cotfaith.callbacks.wandb_board import log_adapter, log_curves, log_summary, log_table
from cotfaith.identity import hash_chains
from cotfaith.manifest import make_manifest
from cotfaith.models.build import footprint
from cotfaith.probes.another_chain import AnotherChain
from cotfaith.report import sensitivity
from cotfaith.report.comparison import UNINTERPRETABLE, Comparison, probes
from cotfaith.report.headline import headline
from cotfaith.report.page import write_report
from cotfaith.report.terminal import show_comparison, show_line, show_table
from cotfaith.store import RunStore
from cotfaith.training.data import SFTDataModule
from cotfaith.training.module import SFTModule
from cotfaith.training.optimizers import bits_of
from cotfaith.types import Arm, Probe

log = logging.getLogger(__name__)


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
        self._stop_if_told()
        log.info("trained up to step %d in %.0f s, validation included", self.trainer.global_step, time.monotonic() - start)
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
        bits = bits_of(self.module.make_optimizer, device) if self.module.make_optimizer else None
        manifest = make_manifest(self.config, self.module.model, self.module.encoder, examples, provenance, device, bits)
        budget = self.module.interview.budget
        told = {"budget": asdict(budget) if budget else None, "donors": _donors(self.module.interview.evaluator.probes)}
        self.store.put_manifest(manifest | told)  # budget: what was run at once; None: one row at a time
        comparisons, transfer = write_report(self.store)
        self._log_final(comparisons)
        for comparison in comparisons:
            show_comparison(comparison)
        for dataset, panel in self.store.studies().get(sensitivity.STUDY, {}).items():
            show_table(f"{dataset}: does the ranking survive how it is measured?", sensitivity.COLUMNS, sensitivity.rows(panel))
            for line in (*sensitivity.reasons(panel), panel["sentence"]):
                show_line(line)
        if len(transfer.datasets) > 1:
            show_table("trained on against evaluated on, test split", transfer.columns, transfer.rows)
        log.info("peak memory %.2f GiB", manifest["peak_bytes"] / 2**30)

    def _ask(self, arm: Arm, loop: Callable[..., Any], data: SFTDataModule) -> None:
        """Run `trainer.validate` or `trainer.test` on one arm."""
        self.module.arm = arm
        loop(self.module, datamodule=data, verbose=False)
        self.module.arm = "tuned"
        self._stop_if_told()

    def _stop_if_told(self) -> None:
        """Lightning 2.6 looks for a SIGTERM between two batches: behind the last one it goes unheard, and the next loop forgets it.

        Raises:
            SIGTERMException: one came during the loop that has just ended.
        """
        if self.trainer.received_sigterm:
            raise SIGTERMException

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


def _ended_at_its_best(validations: Sequence[Mapping[str, Any]]) -> bool:
    """Whether no validation of the tuned arm had a higher cot_accuracy than its last. validations: as in validation.jsonl."""
    scores = [each["scores"]["cot_accuracy"] for each in validations if each["arm"] == "tuned" and "cot_accuracy" in each["scores"]]
    return bool(scores) and scores[-1] >= max(scores)


def _donors(probes: Sequence[Probe]) -> str | None:
    """The hash of the chains of other examples that a probe puts in place of steps; None where none does."""
    donors = [donor for probe in probes if isinstance(probe, AnotherChain) for donor in probe.donors]
    return hash_chains(donors) if donors else None


def _counts(data: SFTDataModule) -> dict[str, object]:
    """What the tokenizer made of a dataset."""
    return {"tokens": {name: asdict(lengths) for name, lengths in data.tokens.items()}, "too_long_to_train_on": data.too_long}
