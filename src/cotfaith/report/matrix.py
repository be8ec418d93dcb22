"""Trained on against evaluated on: one block per number, one row per model, one column per dataset. Pure: from scores to text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cotfaith.report.comparison import UNINTERPRETABLE, probes
from cotfaith.store import Scores

ACCURACIES = ("cot_accuracy", "direct_accuracy", "cot_lift")


@dataclass(frozen=True, slots=True)
class Model:
    """What is known of one row: the base model, or an adapter by what it was trained on."""

    trained_on: str
    scores: Mapping[str, Scores]  # dataset -> scores, as in metrics.json


@dataclass(frozen=True, slots=True)
class Matrix:
    """Text cells; `rows` hold the metric, the model, then one cell for each dataset."""

    datasets: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    @property
    def columns(self) -> tuple[str, ...]:
        return ("metric", "trained on", *(f"on {dataset}" for dataset in self.datasets))


def matrix(models: Sequence[Model]) -> Matrix:
    """Accuracies, lift, then the aoc of every probe; a dataset on which a model was not measured shows a dash."""
    datasets = tuple(dict.fromkeys(name for model in models for name in model.scores))
    asked = dict.fromkeys(probe for model in models for scores in model.scores.values() for probe in probes(scores))
    rows = [
        (name, model.trained_on, *(number(model.scores.get(dataset, {}).get(name)) for dataset in datasets))
        for name in ACCURACIES
        for model in models
    ]
    rows += [
        (f"{probe}: aoc", model.trained_on, *(aoc(model.scores.get(dataset, {}).get(probe)) for dataset in datasets))
        for probe in asked
        for model in models
    ]
    return Matrix(datasets, tuple(rows))


def of_run(metrics: Mapping[str, Mapping[str, Scores]], trained_on: str | None) -> Matrix:
    """The matrix of one run: the base model, and the tuned one where there is one."""
    names = {"base": "(base)", "tuned": trained_on or "(adapter)"}
    return matrix([Model(names[arm], scores) for arm, scores in metrics.items()])


def aoc(scores: Scores | None) -> str:
    """The aoc of one probe as a cell."""
    if scores is None:
        return "-"
    return UNINTERPRETABLE if scores["gates"] else number(scores["aoc"])


def number(value: float | None) -> str:
    """A number as a cell; a dash where there is none."""
    return "-" if value is None else f"{value:.3f}"
