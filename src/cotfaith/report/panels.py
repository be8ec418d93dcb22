"""What a team looks at in W&B: which numbers stand on which panel, in what order. Pure; `cotfaith.board` makes W&B's own words of it.

Names are those that a run logs (`callbacks.measurement.Setting.key`): the base's test scores under ``base/``, further datasets by name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from cotfaith.identity import differences
from cotfaith.report.comparison import probes
from cotfaith.report.matrix import ACCURACIES
from cotfaith.store import RunStore, Scores

Kind = Literal["steps", "bars", "against", "curves", "table"]
"""A line over optimizer steps; a bar for each run; points of one number (x) against another; lines of a logged curve; a logged table."""

_OF_DATASET = ("dataset", "eval_datasets")  # follows from what is trained on, where that varies


@dataclass(frozen=True, slots=True)
class Panel:
    """One panel. axis: for "against" what lies along x: an option of the config, or else a logged number."""

    kind: Kind
    title: str
    metrics: tuple[str, ...]  # logged by every finished run, but for those of a dataset by the runs that were trained on it
    axis: str | None = None
    of_config: bool = False  # the axis is an option; of "bars", what runs are grouped by


@dataclass(frozen=True, slots=True)
class Section:
    """Panels under one heading, and how to read them."""

    name: str
    reading: str
    panels: tuple[Panel, ...]


def varied(stores: Sequence[RunStore]) -> dict[str, bool]:
    """The options that differ among some runs, by their place in the config, and whether each is a number; the rank, where none does."""
    configs = [facts["config"] for store in stores if (facts := store.cell()) is not None]
    names = sorted({found.split(": ")[0] for config in configs[1:] for found in differences(configs[0], config)})
    if "trained_on" in names:
        names = [name for name in names if name.split(".")[0] not in _OF_DATASET]
    values = {name: [_option(config, name) for config in configs] for name in names}
    single = {name: of for name, of in values.items() if not any(isinstance(value, Mapping) for value in of)}  # a whole group is no axis
    return {name: all(type(value) in (int, float) for value in of) for name, of in single.items()} or {"lora.r": True}


def sections(metrics: Mapping[str, Mapping[str, Scores]], trained_on: Sequence[str], axes: Mapping[str, bool]) -> list[Section]:
    """All sections for runs that measured alike.

    metrics: of the first run, as in metrics.json. trained_on: datasets, that of the first run first. axes: see `varied`.
    """
    measured = metrics["tuned"]
    asked = probes(measured[trained_on[0]])
    prefixes = {trained_on[0]: "", **{name: f"{name}/" for name in measured if name not in trained_on}}
    tables = list(dict.fromkeys([*trained_on, *prefixes]))
    return [
        Section("Against what varies", "How accuracy, and the chain's hold on the answer, move with what was swept.", tuple(_ablations(asked, axes))),
        *(_of_dataset(name, prefix, probes(measured[name])) for name, prefix in prefixes.items()),
        *([_transfer([name for name in trained_on if name in measured], asked)] if len(measured.keys() & set(trained_on)) > 1 else []),
        Section("Comparisons", "Base against tuned on the same examples.", tuple(Panel("table", name, (f"comparison/{name}",)) for name in tables)),
        Section("While training", "Step 0 is the base. A chain that lets go shows as a falling aoc of early_termination.", tuple(_steps(asked))),
        Section("Gates", "A number that a gate closed on is left out above; the table has the reasons.", tuple(_gates(prefixes, asked, tables))),
        Section("Examples", "The same questions at every validation: chains, what probes made of them, what was read.", _examples(prefixes)),
        Section("Costs", "Training speed; seconds of measuring the tuned model on the test split.", _costs()),
    ]


def named(parts: Sequence[Section]) -> set[str]:
    """Every number, table and curve that some panel shows."""
    panels = [panel for part in parts for panel in part.panels]
    return {metric for panel in panels for metric in panel.metrics} | {panel.axis for panel in panels if panel.axis and not panel.of_config}


def _ablations(asked: Sequence[str], axes: Mapping[str, bool]) -> Iterator[Panel]:
    shown = ["test/cot_accuracy", "test/cot_lift", *(f"test/{probe}/aoc" for probe in asked)]
    for axis, number in axes.items():
        for metric in shown:
            yield Panel("against" if number else "bars", f"{metric} against {axis}", (metric,), axis, of_config=True)
    for probe in asked:
        yield Panel("against", f"accuracy against {probe} aoc", ("test/cot_accuracy",), f"test/{probe}/aoc")


def _of_dataset(name: str, prefix: str, asked: Sequence[str]) -> Section:
    pairs = [(metric, f"{prefix}{metric}") for metric in ACCURACIES] + [(f"{probe}: aoc", f"{prefix}{probe}/aoc") for probe in asked]
    bars = [Panel("bars", title, (f"base/test/{key}", f"test/{key}")) for title, key in pairs]
    curves = [Panel("curves", f"{probe}: CoT Pred Match", (f"curves/{prefix}{probe}_table",)) for probe in asked]
    title = f"on {name}" if prefix else "on what was trained on"
    return Section(f"Base and tuned {title}", "aoc: larger = the answer depends more on the later steps.", (*bars, *curves))


def _transfer(names: Sequence[str], asked: Sequence[str]) -> Section:
    """Runs that were trained on one of several datasets and measured on all."""
    keys = [*ACCURACIES, *(f"{probe}/aoc" for probe in asked)]
    own = [Panel("bars", f"on what was trained on: {key}", (f"test/{key}",), "trained_on", of_config=True) for key in keys]
    other = [Panel("bars", f"on {name}: {key}", (f"test/{name}/{key}",), "trained_on", of_config=True) for name in names for key in keys]
    return Section("Trained on against evaluated on", "A bar for each dataset trained on; that one's own bar is on the first panels.", (*own, *other))


def _steps(asked: Sequence[str]) -> Iterator[Panel]:
    for metric in ("val/cot_accuracy", "val/direct_accuracy", *(f"val/{probe}/aoc" for probe in asked), "train/loss"):
        yield Panel("steps", metric, (metric,))


def _gates(prefixes: Mapping[str, str], asked: Sequence[str], tables: Sequence[str]) -> Iterator[Panel]:
    yield Panel("bars", "gates closed", ("gates/closed",))
    for name in tables:
        yield Panel("table", f"{name}: reasons", (f"gates/{name}",))
    for name, prefix in prefixes.items():
        for probe in asked:
            yield Panel("bars", f"{name}, {probe}: gates closed", (f"base/test/{prefix}{probe}/gates", f"test/{prefix}{probe}/gates"))
        for health in ("parsed", "truncated", "mean_steps"):
            yield Panel("bars", f"{name}: {health}", (f"base/test/{prefix}{health}", f"test/{prefix}{health}"))


def _examples(prefixes: Mapping[str, str]) -> tuple[Panel, ...]:
    test = (Panel("table", f"{name}: test, {arm}", (key,)) for name, prefix in prefixes.items() for arm, key in _arms(f"test/{prefix}examples"))
    return (Panel("table", "validation", ("val/examples",)), *test)


def _arms(key: str) -> tuple[tuple[str, str], tuple[str, str]]:
    return ("base", f"base/{key}"), ("tuned", key)


def _costs() -> tuple[Panel, ...]:
    measuring = tuple(f"test/cost/{phase}_seconds" for phase in ("write", "read"))
    return (Panel("steps", "tokens a second", ("train/tokens_per_second",)), Panel("bars", "seconds of measuring", measuring))


def _option(config: Any, name: str) -> Any:
    for part in name.split("."):
        config = config.get(part) if isinstance(config, Mapping) else None
    return config
