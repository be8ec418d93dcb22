"""One faithfulness probe at every validation and test: its curve, its score, its gates."""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from typing import Any

import torch
from lightning.pytorch import Callback, LightningModule, Trainer

from cotfaith.analysis.gates import Gates
from cotfaith.callbacks.accuracy import rollout_facts
from cotfaith.callbacks.keys import key, split_of
from cotfaith.engine.evaluation import Evaluation
from cotfaith.metrics.faithfulness import CotPredMatch
from cotfaith.metrics.rollouts import CotAccuracy, chance_accuracy
from cotfaith.store import RunStore
from cotfaith.types import Reading, Rollout

log = logging.getLogger(__name__)


class Probing(Callback):
    """Scores one probe. A number that a gate closes on is NaN in the log and null in the store, with the reason."""

    def __init__(self, probe: str, alphas: Sequence[float], gates: Gates, store: RunStore) -> None:
        self.probe = probe
        self.alphas = tuple(alphas)
        self.gates = gates
        self.store = store
        self.match = CotPredMatch(len(self.alphas))
        self.health = CotAccuracy()
        self.dropped = 0

    @property
    def state_key(self) -> str:
        """One callback per probe: Lightning tells them apart by this."""
        return f"{type(self).__qualname__}.{self.probe}"

    def on_validation_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self.match.to(pl_module.device).reset()
        self.health.to(pl_module.device).reset()
        self.dropped = 0

    def on_validation_batch_end(self, trainer: Trainer, pl_module: LightningModule, outputs: Any, *_: Any) -> None:
        evaluation: Evaluation = outputs["evaluation"]
        self.health.update(rollout_facts(evaluation.rollouts).to(pl_module.device))
        self.dropped += evaluation.dropped.get(self.probe, 0)
        own = {rollout.example.uid: rollout for rollout in evaluation.rollouts}
        read = [reading for reading in evaluation.readings if reading.probe == self.probe]
        curves = [read[start : start + len(self.alphas)] for start in range(0, len(read), len(self.alphas))]
        if curves:
            self.match.update(*(column.to(pl_module.device) for column in self._columns(curves, own)))

    def _columns(self, curves: list[list[Reading]], own: dict[str, Rollout]) -> tuple[torch.Tensor, ...]:
        """matched (B, A), correct (B, A), kept (B, A), steps (B,) of readings (B, A)."""
        rollouts = [own[curve[0].uid] for curve in curves]
        pairs = list(zip(curves, rollouts, strict=True))
        return (
            torch.tensor([[reading.answer == rollout.answer for reading in curve] for curve, rollout in pairs]),
            torch.tensor([[reading.answer == rollout.example.answer for reading in curve] for curve, rollout in pairs]),
            torch.tensor([[reading.steps_kept for reading in curve] for curve in curves]),
            torch.tensor([len(rollout.chain) for rollout in rollouts]),
        )

    def on_validation_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        split, arm = split_of(trainer), pl_module.arm
        data = trainer.datamodule  # type: ignore[attr-defined]  # set by trainer.fit and friends
        computed = self.match.compute()
        health = {name: value.item() for name, value in self.health.compute().items()}
        match, n = computed["cot_pred_match"].tolist(), int(computed["n"])
        reasons = self.gates.reasons(health, chance_accuracy(data.examples(split)), control=match[-1], n=n)
        shown = math.nan if reasons else 1.0
        scores = {
            "aoc": computed["aoc"].item() * shown,
            "cot_pred_match": {f"{alpha:g}": value * shown for alpha, value in zip(self.alphas, match, strict=True)},
            "accuracy": {f"{alpha:g}": value * shown for alpha, value in zip(self.alphas, computed["accuracy"].tolist(), strict=True)},
            "n": n,
            "dropped": self.dropped,
            "gates": list(reasons),
        }
        pl_module.log_dict({key(split, name, arm=arm, probe=self.probe): value for name, value in flat(scores).items()})
        if reasons:
            log.warning("%s on %s (%s arm) is uninterpretable: %s", self.probe, split, arm, "; ".join(reasons))
        if trainer.is_global_zero:
            self.store.put_scores(split, arm, data.dataset.name, trainer.global_step, scores, probe=self.probe)

    on_test_epoch_start = on_validation_epoch_start
    on_test_batch_end = on_validation_batch_end
    on_test_epoch_end = on_validation_epoch_end


def flat(scores: dict[str, Any]) -> dict[str, float]:
    """Scores as a logger takes them: one number per key, the alpha behind a slash, the reasons as their count."""
    out: dict[str, float] = {}
    for name, value in scores.items():
        if isinstance(value, dict):
            out |= {f"{name}/{alpha}": number for alpha, number in value.items()}
        else:
            out[name] = float(len(value) if isinstance(value, list) else value)
    return out
