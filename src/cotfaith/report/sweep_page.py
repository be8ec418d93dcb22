"""A sweep in one page: what was varied, which cell is best, every number with its interval, how sure the differences are, what it cost."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cotfaith.report.certainty import Certainty
from cotfaith.report.certainty_table import HOW_TO_READ as HOW_TO_COMPARE
from cotfaith.report.certainty_table import columns
from cotfaith.report.certainty_table import rows as rows_of
from cotfaith.report.comparison import UNINTERPRETABLE
from cotfaith.report.document import table
from cotfaith.report.grid import Grid
from cotfaith.report.jobs import Job, natural
from cotfaith.report.matrix import Matrix
from cotfaith.report.sweep_costs import cost_rows
from cotfaith.report.sweep_figures import change_based, draw_axis, draw_curves_of, draw_map, draw_matches, draw_scatter
from cotfaith.report.sweep_table import Scored, best, curve_rows, in_numbers, probes_of, reasons_of, score_rows, short_rows

HOW_TO_READ = """\
Numbers are of the test split, with 95 % intervals over examples (Wilson's for shares, else a bootstrap). *match, alpha a*: how often the model gives
its own answer again when only the fraction a of its chain is left intact. *aoc*: the area over that curve; larger = the answer depends more on the
later steps, at most 0.75 on a chain of two and 0.9 on one of five (default alphas). Early termination and filler take the
content away, so a faithful answer changes; paraphrasing keeps it, so a faithful answer stays. *cot_lift*: accuracy with
the chain minus accuracy without. The base model is measured once and stands beside every cell."""
_SHORT = """\
From the base to the best cell, on the test split. Where the aoc of a change-based probe (early termination, filler, mistakes) falls, the answers
depend less on the chain than they did."""
_BEST = """\
Best is the highest cot_accuracy in the last validation among finished cells whose gates are open there and whose chain still drives the answer: the
aoc of every change-based probe is at least the share `objective.keeps` of the base's. `train.py` returns the same number to a search, less 1 where
something speaks against it. Nothing is chosen on the test split: its numbers, here and in the table, are only reported."""
_ON_TEST = """Best is chosen **on the test split**, as not all cells were validated on this dataset: its number is that of a maximum, too high. It has
the highest cot_accuracy of the finished cells whose gates are open and whose aoc of every change-based probe is at least the share
`objective.keeps` of the base's."""

_COSTS = """\
Measuring is writing chains, reading them and scoring answers in the tests of both arms; what studies asked stands beside it, and validations are
in neither. What a job took from another one is not counted again."""


@dataclass(frozen=True)
class Sweep:
    """All that a page says."""

    grid: Grid
    jobs: Sequence[Job]
    tables: Mapping[str, list[Scored]]  # by dataset
    certain: Mapping[str, list[Certainty]]  # by dataset; corrected for one another
    transfer: Matrix | None  # where some model was measured on several datasets


def page(sweep: Sweep, folder: Path) -> list[str]:
    """The parts, in Markdown; figures are drawn into the folder."""
    grid, jobs, transfer = sweep.grid, sweep.jobs, sweep.transfer
    done = sum(job.status == "finished" for job in jobs)
    parts = [f"# Sweep {folder.name}: {', '.join(grid.axes) or 'one setting'}", _facts(grid, jobs, done)]
    if any(row.arm == "tuned" for rows in sweep.tables.values() for row in rows):
        titles, short = short_rows(sweep.tables)
        parts += ["## In short", table(titles, short, left=len(titles)), _SHORT]
    parts += ["## How to read it", HOW_TO_READ]
    for dataset, rows in sweep.tables.items():
        parts += _section(grid, dataset, rows, sweep.certain.get(dataset, []), folder)
    if transfer is not None:
        parts += ["## Trained on against evaluated on", table(transfer.columns, transfer.rows, left=2)]
    if sweep.certain:
        parts += ["## How to read the comparisons", f"{HOW_TO_COMPARE} *Holm* here is over all comparisons of the sweep."]
    titles, costs = cost_rows(grid)
    return [*parts, "## What it cost", table(titles, costs, left=3), _COSTS]


def _facts(grid: Grid, jobs: Sequence[Job], done: int) -> str:
    values = [f"- {axis}: {', '.join(dict.fromkeys(cell.settings[axis] for cell in grid.cells))}" for axis in grid.axes]
    seeds = sorted({job.seed for job in jobs}, key=natural) if any("seed" in job.overrides for job in jobs) else []
    models = dict.fromkeys(f"{job.manifest['model']}, {job.manifest['quantization']}" for job in jobs if job.manifest)
    policies = dict.fromkeys(str(job.manifest["scaling"]) for job in jobs if job.manifest.get("scaling"))
    lines = [*values, *([f"- seed: {', '.join(seeds)}"] if seeds else []), f"- model: {'; '.join(models) or '-'}"]
    lines.append(f"- scaling policy, what a rank holds constant: {', '.join(policies) or '-'}")
    lines.append(f"- {done} of {len(jobs)} jobs finished")
    lines += [f"- {job.status}: {grid.label(job)}{f' ({why})' if (why := job.store.why()) else ''}" for job in jobs if job.status != "finished"]
    return "\n".join(lines)


def _section(grid: Grid, dataset: str, rows: list[Scored], certain: Sequence[Certainty], folder: Path) -> Iterator[str]:
    yield f"## {dataset}"
    yield _verdict(rows)
    yield table(*score_rows(rows))
    reasons = reasons_of(rows)
    yield "\n".join(f"- {UNINTERPRETABLE}: {reason}" for reason in reasons) if reasons else "All gates passed."
    for picture in _pictures(grid, dataset, rows, folder / "figures"):
        yield f"![{picture.stem}](figures/{picture.name})"
    for probe in probes_of(rows):
        yield f"### {dataset}, {probe}: match"
        yield table(*curve_rows(rows, probe))
    if certain:
        yield f"### {dataset}: how sure one can be"
        for each in certain:
            yield table(columns(each), rows_of(each), left=len(columns(each)) - 7)
            yield f"A/A floor, answers that change when the intact chain is read in another batch layout: {'; '.join(each.floors) or 'not measured'}"


def _verdict(rows: Sequence[Scored]) -> str:
    chosen = best(rows)
    choices = [(row.name, row.choice) for row in rows if row.choice]
    against = [f"- {name}: {'; '.join(choice.objections)}" for name, choice in choices if choice.objections]
    head = f"**Best: {chosen.name}**, {in_numbers(chosen, rows)}." if chosen else "No cell qualifies as best."
    how = _ON_TEST if any(choice.split == "test" for _, choice in choices) else _BEST
    return "\n".join([head + " " + how, "", *(["Not among them:", "", *against] if against else [])])


def _pictures(grid: Grid, dataset: str, rows: list[Scored], folder: Path) -> Iterator[Path]:
    if not any(row.found for row in rows):
        return
    for axis in grid.numeric:
        if len({row.cell.settings[axis] for row in rows}) > 1:
            yield draw_axis(rows, grid, axis, folder / f"{dataset}-against-{axis}.png")
            if probes_of(rows):
                yield draw_matches(rows, grid, axis, folder / f"{dataset}-match-against-{axis}.png")
    if probes_of(rows):
        yield draw_curves_of(rows, folder / f"{dataset}-curves.png")
        aocs = [f"{probe}: aoc" for probe in change_based(rows)]
        if any(not math.isnan(row.found[name].shown) for row in rows for name in aocs if name in row.found):
            yield draw_scatter(rows, folder / f"{dataset}-accuracy-against-aoc.png")
    varied = [axis for axis in grid.axes if len({row.cell.settings[axis] for row in rows}) > 1]
    if len(varied) > 1:
        yield draw_map(rows, (varied[0], varied[1]), folder / f"{dataset}-map.png")
