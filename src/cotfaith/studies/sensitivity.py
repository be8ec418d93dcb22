"""Sensitivity panel: segmentation x filler x elicitation, on the chains that both arms wrote in their tests. Nothing is written again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any, ClassVar

from cotfaith.analysis.gates import Gates
from cotfaith.engine.evaluation import Evaluator
from cotfaith.metrics.rollouts import rollout_facts
from cotfaith.studies.panel import Choice, PanelCurve, Rank, rank, verdict
from cotfaith.studies.study import ReasonerOf
from cotfaith.text.steps import Segmentation, resplit
from cotfaith.types import Arm, Elicitation, Probe, Reading, ReadRequest, Rollout

ARMS: tuple[Arm, ...] = ("base", "tuned")


@dataclass(frozen=True, kw_only=True)
class Sensitivity:
    """Every chain in every segmentation, disturbed by every probe, read by every elicitation. The ranking by the first of each is held to the others.

    probes: change-based ones that need no further model. seed: of the run, so that a choice it has made already reads what it has read.
    elicits: raises where the model's template cannot ask so: better now than after the tests. limit: first examples asked; None: all.

    Raises:
        ValueError: no choice at all, a probe that a faithful answer does not change by, or a limit below 1.
    """

    alphas: tuple[float, ...]
    seed: int
    probes: Mapping[str, Probe]
    segmentations: Sequence[Segmentation]
    elicitations: Sequence[Elicitation]
    elicits: Callable[[Elicitation], object]
    limit: int | None
    name: ClassVar[str] = "sensitivity"
    kind: ClassVar[type[PanelCurve]] = PanelCurve
    weakens: ClassVar[bool] = False

    def __post_init__(self) -> None:
        for name in ("probes", "segmentations", "elicitations"):
            if not getattr(self, name):
                raise ValueError(f"study.sensitivity.{name}: expected at least one, got none")
        if wrong := [probe.name for probe in self.probes.values() if probe.faithful != "changes"]:
            raise ValueError(f"study.sensitivity.probes: expected probes that change a faithful answer, got {', '.join(wrong)}")
        if unknown := set(self.segmentations) - {"found", "lines", "sentences"} | set(self.elicitations) - {"prefill", "turn"}:
            raise ValueError(f"study.sensitivity: expected found, lines, sentences and prefill, turn, got {', '.join(sorted(unknown))}")
        for elicitation in self.elicitations:
            self.elicits(elicitation)
        if self.limit is not None and self.limit < 1:
            raise ValueError(f"study.sensitivity.limit: expected at least 1 or null, got {self.limit}")

    @property
    def choices(self) -> list[Choice]:
        """In the order of their parts."""
        return [Choice(*each) for each in product(self.segmentations, [probe.name for probe in self.probes.values()], self.elicitations)]

    def key(self, record: PanelCurve) -> tuple[object, ...]:
        return record.uid, record.arm, *record.choice

    def ask(self, reasoner_of: ReasonerOf, rollouts: Mapping[Arm, Sequence[Rollout]]) -> list[PanelCurve]:
        return [curve for arm in ARMS for elicitation in self.elicitations for curve in self._curves(arm, elicitation, reasoner_of, rollouts[arm])]

    def score(self, records: Sequence[PanelCurve], gates: Gates, chance: float) -> dict[str, Any]:
        """choices: segmentation -> probe -> elicitation -> what `studies.panel.rank` says; survives: how many rank as the first does."""
        found = {choice: rank([r for r in records if r.choice == choice], gates, chance) for choice in self.choices}
        ranks: dict[Choice, Rank] = {choice: scores["rank"] for choice, scores in found.items()}
        sentence, agree = verdict(ranks)
        nested: dict[str, Any] = {}
        for choice, scores in found.items():
            nested.setdefault(choice.segmentation, {}).setdefault(choice.probe, {})[choice.elicitation] = scores
        return {"choices": nested, "survives": agree, "of": len(found), "sentence": sentence}

    def _curves(self, arm: Arm, elicitation: Elicitation, reasoner_of: ReasonerOf, rollouts: Sequence[Rollout]) -> list[PanelCurve]:
        """All segmentations are read together: what comes to the same tokens is read once."""
        split = {by: [replace(rollout, chain=resplit(rollout.chain, by)) for rollout in rollouts] for by in self.segmentations}
        evaluator = Evaluator(tuple(self.probes.values()), self.alphas, self.seed)
        asked = {by: evaluator.requests([each for each in cut if each.chain and each.answer is not None]) for by, cut in split.items()}
        requests: list[ReadRequest] = [request for each, _ in asked.values() for request in each]
        readings = iter(reasoner_of(arm, elicitation=elicitation).read(requests))
        curves: list[PanelCurve] = []
        for by, (each, drops) in asked.items():
            read: dict[tuple[str, str], list[Reading]] = {}
            for request, reading in zip(each, readings, strict=False):
                read.setdefault((request.probe, request.example.uid), []).append(reading)
            facts = rollout_facts(split[by]).tolist()
            curves += [
                _curve(Choice(by, probe, elicitation), arm, rollout, fact, read.get((probe, rollout.example.uid), []), drops[probe])
                for probe in drops
                for rollout, fact in zip(split[by], facts, strict=True)
            ]
        return curves


def _curve(choice: Choice, arm: Arm, rollout: Rollout, facts: list[float], readings: Sequence[Reading], drops: Mapping[str, str]) -> PanelCurve:
    example = rollout.example
    kept, answers = tuple(reading.steps_kept for reading in readings), tuple(reading.answer for reading in readings)
    return PanelCurve(example.uid, arm, *choice, example.answer, rollout.answer, tuple(facts), kept, answers, drops.get(example.uid, ""))
