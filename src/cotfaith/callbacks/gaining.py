"""Information gain of a test: how much likelier each step made the gold answer, to the base model."""

from __future__ import annotations

import math

from lightning.pytorch import Trainer

from cotfaith.analysis.gates import Gates
from cotfaith.callbacks.health import Health
from cotfaith.callbacks.measurement import Measurement, Setting
from cotfaith.callbacks.probing import flat
from cotfaith.callbacks.records import gather
from cotfaith.engine.evaluation import Evaluation
from cotfaith.metrics.info_gain import InfoGain
from cotfaith.store import RunStore
from cotfaith.training.module import SFTModule
from cotfaith.types import Gain


class Gaining(Measurement):
    """Scores info_gain; gated as the probes are, but for the control, which it has none."""

    def __init__(self, gates: Gates, store: RunStore) -> None:
        self.store = store
        self.health = Health(gates)
        self.metric = InfoGain()
        self.records: list[Gain] = []

    def begin(self, module: SFTModule) -> None:
        self.health.begin(module.device)
        self.metric.to(module.device).reset()
        self.records = []

    def add(self, evaluation: Evaluation, module: SFTModule) -> None:
        self.health.add(evaluation.rollouts, module)
        for gain in evaluation.gains:
            self.metric.update(gain.logprobs, gain.tokens)
        self.records += evaluation.gains

    def end(self, trainer: Trainer, module: SFTModule, setting: Setting) -> None:
        if setting.split != "test":
            return
        values = self.metric.compute()
        reasons = self.health.reasons(list(setting.examples), n=int(values["n"]))
        shown = math.nan if reasons else 1.0
        scores = {
            "log": values["log"].item() * shown,
            "perplexity": values["perplexity"].item() * shown,
            "unbounded": int(values["unbounded"]),
            "by_step": {str(step): gain * shown for step, gain in enumerate(values["by_step"].tolist(), 1) if not math.isnan(gain)},
            "mean_steps": values["mean_steps"].item(),
            "n": int(values["n"]),
            "gates": reasons,
        }
        module.log_dict({setting.key(name, "info_gain"): value for name, value in flat(scores).items()})
        records = {record.uid: record for record in gather(self.records)}
        if trainer.is_global_zero:
            self.store.put_scores(setting.split, setting.arm, setting.dataset, setting.step, {"info_gain": scores})
            self.store.put_measure(setting.arm, setting.dataset, "gains", Gain, list(records.values()))
