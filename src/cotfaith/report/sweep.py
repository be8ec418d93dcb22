"""The summary of a sweep: terminal, summary.csv, summary.md and one-file summary.html, from the folders of whatever jobs there are."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations
from pathlib import Path

from cotfaith.analysis.holm import holm
from cotfaith.report.calibration import calibrate, organisms
from cotfaith.report.calibration_page import write_calibration
from cotfaith.report.certainty import Certainty, certainties
from cotfaith.report.comparable import check_comparable
from cotfaith.report.comparison import UNINTERPRETABLE
from cotfaith.report.document import write_document
from cotfaith.report.grid import Cell, Grid, grid
from cotfaith.report.jobs import Job, read_jobs
from cotfaith.report.matrix import Model, matrix
from cotfaith.report.sides import Side, has_records
from cotfaith.report.sweep_csv import write_csv
from cotfaith.report.sweep_page import Sweep, page
from cotfaith.report.sweep_table import best, in_numbers, names_of, reasons_of, score_rows, scored
from cotfaith.report.terminal import show_calibration, show_line, show_table
from cotfaith.store import Scores

_ALL_PAIRS = 4  # cells of which each is held against each; of more, each against the first


def summarise(folders: Sequence[Path], out: Path) -> list[Job]:
    """Read the jobs in these folders, print their summary and write it to `out`.

    Raises:
        FileNotFoundError: a folder holds no run.
    """
    jobs = read_jobs(folders)
    cells = grid(jobs)
    out.mkdir(parents=True, exist_ok=True)
    write_csv(jobs, out / "summary.csv")
    tables = {dataset: scored(cells.measured_on(dataset), dataset) for dataset in cells.datasets()}
    certain = {dataset: found for dataset in tables if (found := _certain(cells.measured_on(dataset), dataset))}
    transfer = matrix(_models(cells)) if any(len(job.metrics.get("tuned", {})) > 1 for job in jobs) else None
    show_table(f"sweep {out.name}", ("job", "status", "adapter"), [(cells.label(job), job.status, job.adapter) for job in jobs])
    for dataset, rows in tables.items():
        columns, lines = score_rows(rows)
        show_table(f"{dataset}, test split, with 95 % intervals", columns, lines)
        for reason in reasons_of(rows):
            show_line(f"{UNINTERPRETABLE}: {reason}")
        chosen = best(rows)
        show_line(f"best: {chosen.name}, {in_numbers(chosen, rows)}" if chosen else "best: none, something speaks against every cell (see the page)")
    if transfer is not None:
        show_table("trained on against evaluated on, test split", transfer.columns, transfer.rows)
    written = write_document(out, "summary", page(Sweep(cells, jobs, tables, _corrected(certain), transfer), out))
    if (runs := organisms([job.store for job in jobs])) is not None:
        calibration = calibrate(runs)
        show_calibration(calibration)
        show_line(f"the calibration as a page: {write_calibration(out, calibration)}")
    show_line(f"the whole summary as a page: {written}")
    show_line(f"and as a table to compute with: {out / 'summary.csv'}")
    return jobs


def _certain(cells: Sequence[Cell], dataset: str) -> list[Certainty]:
    """The tuned models held against the base, where it is one, and against one another, in what a sweep is about: accuracies, lift and aoc."""
    kept = [cell for cell in cells if all(has_records(job.store, "tuned", dataset) and job.manifest for job in cell.jobs)]
    called = names_of(kept)
    sides = [Side(called[cell.name], "tuned", tuple(job.store for job in cell.jobs)) for cell in kept]
    if len(sides) < 2 or not _comparable(kept):
        return []
    pairs = [(base, side) for base in _one_base(kept, dataset) for side in sides]
    pairs += list(combinations(sides, 2)) if len(sides) <= _ALL_PAIRS else [(sides[0], side) for side in sides[1:]]
    least = max(job.manifest["gates"]["rollouts"] for cell in kept for job in cell.jobs)
    whole = certainties(pairs, dataset, least)[0]
    return [replace(whole, findings=tuple(each for each in whole.findings if ": match" not in each.quantity))]


def _one_base(cells: Sequence[Cell], dataset: str) -> list[Side]:
    """The base that all cells measured, with as many seeds as the first; [] where they measured several, or left no records of it."""
    bases = [row for row in scored(cells, dataset) if row.arm == "base"]
    if len(bases) != 1 or not all(has_records(job.store, "base", dataset) for job in bases[0].cell.jobs):
        show_line(f"{dataset}: cells are held against one another only: expected one base with its records, found {len(bases)} bases")
        return []
    return [Side("base", "base", tuple(job.store for job in bases[0].cell.jobs))]


def _comparable(cells: Sequence[Cell]) -> bool:
    """Cells that vary what is asked (a probe, a prompt, the examples) are shown side by side and not held against each other."""
    try:
        check_comparable([job.store for cell in cells for job in cell.jobs])
    except ValueError as difference:
        show_line(f"no paired comparison: {difference}")
        return False
    return True


def _corrected(certain: dict[str, list[Certainty]]) -> dict[str, list[Certainty]]:
    """Holm over the whole sweep: its datasets are one family."""
    found = [finding for tables in certain.values() for table in tables for finding in table.findings]
    p_values = iter(holm([each.difference.p if each.difference else math.nan for each in found]))
    return {
        dataset: [replace(table, findings=tuple(replace(each, holm=next(p_values)) for each in table.findings)) for table in tables]
        for dataset, tables in certain.items()
    }


def _models(cells: Grid) -> list[Model]:
    """The base models, each with all datasets that some job measured it on, then every adapter by dataset and job.

    Jobs that measured one dataset and got other numbers had another base (quantisation, prompts, examples): it has a row of its own.
    """
    jobs = [job for cell in cells.cells for job in cell.jobs]
    bases: list[tuple[str, dict[str, Scores]]] = []
    for job in jobs:
        model = str(job.manifest.get("model", "-"))
        base = {name: {key: value for key, value in scores.items() if key != "cost"} for name, scores in job.metrics.get("base", {}).items()}
        same = [known for other, known in bases if other == model and all(known.get(name, base[name]) == base[name] for name in base)]
        if same:
            same[0].update(base)
        elif base:
            bases.append((model, base))
    several = len(bases) > len({model for model, _ in bases})
    names = [f"(base {model}{f', {place}' if several else ''})" for place, (model, _) in enumerate(bases, 1)]
    tuned = [Model(f"{job.trained_on} ({cells.label(job)})", job.metrics["tuned"]) for job in jobs if "tuned" in job.metrics]
    return [*(Model(name, scores) for name, (_, scores) in zip(names, bases, strict=True)), *tuned]
