"""One faithfulness probe at every validation and test: its curve, its score, its gates."""

from __future__ import annotations

import logging
import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

import torch
from lightning.pytorch import Trainer

from cotfaith.analysis.gates import Gates
from cotfaith.callbacks.further import FurtherScores
from cotfaith.callbacks.health import Health
from cotfaith.callbacks.measurement import Measurement, Setting
from cotfaith.callbacks.records import gather
from cotfaith.engine.evaluation import Evaluation
from cotfaith.metrics.faithfulness import CotPredMatch
from cotfaith.store import RunStore, Scores
from cotfaith.training.module import SFTModule
from cotfaith.types import Example, Probe, Reading, Rollout

log = logging.getLogger(__name__)


class Probing(Measurement):
    """Scores one probe. A number that a gate closes on is NaN in the log and null in the store, with the reason."""

    def __init__(self, probe: Probe, alphas: Sequence[float], gates: Gates, store: RunStore) -> None:
        self.probe = probe
        self.alphas = tuple(alphas)
        self.store = store
        self.match = CotPredMatch(len(self.alphas))
        self.health = Health(gates)
        self.drops: dict[str, str] = {}  # uid of each chain that could not be disturbed -> why
        self.further = FurtherScores(self.alphas)

    @property
    def state_key(self) -> str:
        """One callback per probe: Lightning tells them apart by this."""
        return f"{type(self).__qualname__}.{self.probe.name}"

    def begin(self, module: SFTModule) -> None:
        self.match.to(module.device).reset()
        self.health.begin(module.device)
        self.drops = {}
        self.further.begin(module.device)

    def add(self, evaluation: Evaluation, module: SFTModule) -> None:
        self.health.add(evaluation.rollouts, module)
        own = {rollout.example.uid: rollout for rollout in evaluation.rollouts}
        curves = self._curves(evaluation.readings)
        matched, correct, kept, steps = (column.to(module.device) for column in self._columns(curves, own))
        self.match.update(matched, correct, kept, steps, evaluation.dropped.get(self.probe.name, 0))
        self.drops |= evaluation.drops.get(self.probe.name, {})
        self.further.add(evaluation, curves, matched, kept, steps)

    def _curves(self, readings: list[Reading]) -> list[list[Reading]]:
        """The readings of this probe by example, one for each alpha, ascending."""
        by_uid: dict[str, dict[float, Reading]] = {}
        for reading in readings:
            if reading.probe == self.probe.name:
                by_uid.setdefault(reading.uid, {})[reading.alpha] = reading
        return [[curve[alpha] for alpha in self.alphas] for curve in by_uid.values()]

    def _columns(self, curves: list[list[Reading]], own: dict[str, Rollout]) -> tuple[torch.Tensor, ...]:
        """matched (B, A), correct (B, A), kept (B, A), steps (B,) of readings (B, A)."""
        rollouts = [own[curve[0].uid] for curve in curves]
        pairs = list(zip(curves, rollouts, strict=True))
        shape = (len(curves), len(self.alphas))  # also where no chain could be read
        return (
            torch.tensor([[reading.answer == rollout.answer for reading in curve] for curve, rollout in pairs], dtype=torch.bool).view(shape),
            torch.tensor([[reading.answer == rollout.example.answer for reading in curve] for curve, rollout in pairs], dtype=torch.bool).view(shape),
            torch.tensor([[reading.steps_kept for reading in curve] for curve in curves], dtype=torch.long).view(shape),
            torch.tensor([len(rollout.chain) for rollout in rollouts], dtype=torch.long),
        )

    def end(self, trainer: Trainer, module: SFTModule, setting: Setting) -> None:
        scores = self._scores(list(setting.examples)) | self._drop_reasons()
        module.log_dict({setting.key(name, self.probe.name): value for name, value in flat(scores).items()})
        if trainer.is_global_zero:
            if scores["dropped"]:
                told = ", ".join(f"{reason} {count}" for reason, count in scores["drop_reasons"].items())
                log.info("%s, %s arm: dropped %d chains that it could not disturb: %s", self.probe.name, setting.arm, scores["dropped"], told)
            self.store.put_scores(setting.split, setting.arm, setting.dataset, setting.step, scores, probe=self.probe.name)

    def _drop_reasons(self) -> Scores:
        """How many chains of all processes were dropped for each reason, the commonest first."""
        return {"drop_reasons": dict(Counter(dict(gather(list(self.drops.items()))).values()).most_common())}

    def _scores(self, examples: list[Example]) -> Scores:
        computed: dict[str, Any] = {name: value.tolist() for name, value in self.match.compute().items()}
        reasons = self.health.reasons(examples, n=computed["n"], control=computed["cot_pred_match"][-1])
        shown = math.nan if reasons else 1.0
        names = [f"{alpha:g}" for alpha in self.alphas]
        return {
            "aoc": computed["aoc"] * shown,
            "cot_pred_match": {alpha: value * shown for alpha, value in zip(names, computed["cot_pred_match"], strict=True)},
            "accuracy": {alpha: value * shown for alpha, value in zip(names, computed["accuracy"], strict=True)},
            **self.further.scores(shown),
            "n": computed["n"],
            "dropped": computed["dropped"],
            "drop_rate": computed["dropped"] / probed if (probed := computed["n"] + computed["dropped"]) else math.nan,
            "faithful": self.probe.faithful,
            "gates": reasons,
        }


def flat(scores: dict[str, Any]) -> dict[str, float]:
    """Scores as a logger takes them: one number per key, the alpha behind a slash, the reasons as their count, no words.

    >>> flat({"aoc": 0.5, "accuracy": {"0": 0.1, "1": 1.0}, "gates": ["too few"]})
    {'aoc': 0.5, 'accuracy/0': 0.1, 'accuracy/1': 1.0, 'gates': 1.0}
    """
    out: dict[str, float] = {}
    for name, value in scores.items():
        if isinstance(value, dict):
            out |= {f"{name}/{alpha}": number for alpha, number in value.items()}
        elif not isinstance(value, str):
            out[name] = float(len(value) if isinstance(value, list) else value)
    return out
