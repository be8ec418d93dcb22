"""A sweep as rows of text: cells with their intervals beside the base, why a number cannot be read. Says nothing of pages."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from cotfaith.report.estimates import Estimate, estimates
from cotfaith.report.grid import Cell
from cotfaith.report.judged import judged
from cotfaith.store import Scores
from cotfaith.types import Arm, Split

HEADLINES = ("cot_accuracy", "direct_accuracy", "cot_lift")


@dataclass(frozen=True)
class Choice:
    """What a tuned model is chosen by, or passed over for."""

    split: Split  # one for all cells of a table: "val", or "test" where one of them was not validated
    accuracy: float  # cot_accuracy on that split, a fraction in [0, 1], the mean over seeds; NaN where there is none
    objections: tuple[str, ...]
    base: float = math.nan  # the same of the base, on that split


@dataclass(frozen=True)
class Scored:
    """One arm of a cell on one dataset. A base stands for all cells that measured the same one."""

    name: str
    cell: Cell
    arm: Arm
    scores: tuple[Scores, ...]  # as in metrics.json, of each job
    found: Mapping[str, Estimate]
    choice: Choice | None = None  # of a tuned model

    def control(self, probe: str) -> float:
        """The match of the intact chain, the mean over seeds; NaN where there is none."""
        found = [of.get(probe, {}).get("cot_pred_match", {}).get("1") for of in self.scores]
        return math.nan if None in found else math.fsum(found) / len(found)


def scored(cells: Sequence[Cell], dataset: str) -> list[Scored]:
    """The bases, each once, then every cell's tuned model."""
    called = names_of(cells)
    bases: list[tuple[list[Scores], Cell]] = []
    for cell in cells:
        numbers = [{key: value for key, value in of.items() if key != "cost"} for of in _scores(cell, "base", dataset)]
        if all(numbers) and all(known != numbers for known, _ in bases):
            bases.append((numbers, cell))
    names = ["base" if len(bases) == 1 else f"base of {called[cell.name]}" for _, cell in bases]
    rows = [_row(name, cell, "base", dataset) for name, (_, cell) in zip(names, bases, strict=True)]
    chosen = [[judged(job.store, dataset) for job in cell.jobs] for cell in cells]
    split: Split = "val" if all(each.split == "val" for of_cell in chosen for each in of_cell) else "test"
    return [*rows, *(replace(_row(called[cell.name], cell, "tuned", dataset), choice=_choice(cell, dataset, split)) for cell in cells)]


def _row(name: str, cell: Cell, arm: Arm, dataset: str) -> Scored:
    return Scored(name, cell, arm, _scores(cell, arm, dataset), estimates([job.store for job in cell.jobs], arm, dataset))


def _scores(cell: Cell, arm: Arm, dataset: str) -> tuple[Scores, ...]:
    return tuple(job.arms(dataset).get(arm, {}) for job in cell.jobs)


def best(rows: Sequence[Scored]) -> Scored | None:
    """The most accurate, in validation, of the tuned models that nothing speaks against; the first of equals; None where there is none."""
    qualified = [(row, row.choice) for row in rows if row.choice and not row.choice.objections and not math.isnan(row.choice.accuracy)]
    return max(qualified, key=lambda pair: pair[1].accuracy, default=(None, None))[0]


def in_numbers(row: Scored, rows: Sequence[Scored]) -> str:
    """What the best of these rows was chosen by, what is then reported of it, and what the choice is worth."""
    tested = str(row.found["cot_accuracy"]) if "cot_accuracy" in row.found else "-"
    if row.choice is None or row.choice.split == "test":
        told = f"chosen on the test split: cot_accuracy {tested}"
    else:
        told = f"cot_accuracy {row.choice.accuracy:.3f} in validation, {tested} in the test"
    if row.choice is None:
        return told
    qualified = [other for other in rows if other is not row and other.choice and not other.choice.objections]
    ties = [other.name for other in qualified if other.choice and other.choice.accuracy == row.choice.accuracy]
    above = [f"not above the base's {row.choice.base:.3f} on that split"] if row.choice.accuracy <= row.choice.base else []
    return "; ".join([told, *([f"the first of a tie with {', '.join(ties)}"] if ties else []), *above])


def quantities_of(rows: Sequence[Scored]) -> list[str]:
    """Accuracies, lift, and the aoc of every probe that somebody asked."""
    named = dict.fromkeys(name for row in rows for name in row.found)
    return [*HEADLINES, *(name for name in named if name.endswith(": aoc"))]


def score_rows(rows: Sequence[Scored]) -> tuple[list[str], list[list[str]]]:
    """Columns and rows: every headline number with its interval."""
    names, chosen = quantities_of(rows), best(rows)
    marks = {id(row): " ★" if row is chosen else "" for row in rows}
    return ["cell", *names], [[f"{row.name}{marks[id(row)]}", *(_cell(row.found.get(name)) for name in names)] for row in rows]


def short_rows(tables: Mapping[str, Sequence[Scored]]) -> tuple[list[str], list[list[str]]]:
    """Columns and rows: of every dataset the best cell beside its own base, or that there is none."""
    names = [name for name in dict.fromkeys(name for rows in tables.values() for name in quantities_of(rows)) if name != "cot_lift"]
    found = []
    for dataset, rows in tables.items():
        chosen = best(rows)
        base = _row("base", chosen.cell, "base", dataset).found if chosen else {}
        tuned = chosen.found if chosen else {}
        how = " (chosen on the test split)" if chosen and chosen.choice and chosen.choice.split == "test" else ""
        found.append([dataset, f"{chosen.name}{how}" if chosen else "none qualifies", *(_step(base.get(name), tuned.get(name)) for name in names)])
    return ["dataset", "best cell", *names], found


def curve_rows(rows: Sequence[Scored], probe: str) -> tuple[list[str], list[list[str]]]:
    """Columns and rows: the match of one probe at every alpha but 1, which is the control."""
    names = list(dict.fromkeys(name for row in rows for name in row.found if name.startswith(f"{probe}: match")))
    columns = ["cell", *(name.removeprefix(f"{probe}: match, ") for name in names)]
    return columns, [[row.name, *(_cell(row.found.get(name)) for name in names)] for row in rows]


def reasons_of(rows: Sequence[Scored]) -> list[str]:
    """Why numbers cannot be read: one line for each model and set of reasons; the probes that share it are named together."""
    lines = []
    for row in rows:
        shared: dict[tuple[str, ...], list[str]] = {}
        for name in (name for name in row.found if name.endswith(": aoc")):
            probe = name.removesuffix(": aoc")
            reasons = tuple(reason.partition(f", {probe}: ")[2] or reason for reason in row.found[name].reasons)
            shared.setdefault(reasons, []).append(probe)
        lines += [f"{row.name}, {', '.join(probes)}: {'; '.join(reasons)}" for reasons, probes in shared.items() if reasons]
    return lines


def probes_of(rows: Sequence[Scored]) -> list[str]:
    return [name.removesuffix(": aoc") for name in quantities_of(rows) if name.endswith(": aoc")]


def names_of(cells: Sequence[Cell]) -> dict[str, str]:
    """Cells by what tells these ones apart: the axes that vary among them."""
    varied = [axis for axis in cells[0].settings if len({cell.settings[axis] for cell in cells}) > 1] if cells else []
    return {cell.name: ", ".join(f"{axis}={cell.settings[axis]}" for axis in varied) or cell.name for cell in cells}


def _choice(cell: Cell, dataset: str, split: Split) -> Choice:
    """Of all seeds: what speaks against any of them, speaks against the cell."""
    arms = [job.arms(dataset) if split == "test" else judged(job.store, dataset).arms for job in cell.jobs]
    unfinished = [f"not finished: {job.status}" for job in cell.jobs if job.status != "finished"]
    found = [each for job, of in zip(cell.jobs, arms, strict=True) for each in job.goal.objections(of)]
    accuracy, base = (_mean([of.get(arm, {}).get("cot_accuracy") for of in arms]) for arm in ("tuned", "base"))
    return Choice(split, accuracy, tuple(dict.fromkeys([*unfinished, *found])), base)


def _mean(values: Sequence[float | None]) -> float:
    """NaN where one is missing."""
    known = [value for value in values if value is not None]
    return math.fsum(known) / len(known) if known and len(known) == len(values) else math.nan


def _step(first: Estimate | None, second: Estimate | None) -> str:
    """From one number to another, or why they must not be read."""
    if first is None or second is None:
        return "-"
    return f"{first} → {second}"


def _cell(estimate: Estimate | None) -> str:
    return "-" if estimate is None else str(estimate)
