"""The sections of a report that studies give: what each found, as a table, a picture and a sentence. From studies.json alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from cotfaith.report.comparison import UNINTERPRETABLE
from cotfaith.report.document import table
from cotfaith.report.study_figures import draw_doses, draw_swap
from cotfaith.store import RunStore, Scores

_ARMS = ("base", "tuned")
_SWAP = """\
Each arm reads the chains of both. *match*: how often its answer to the whole chain is the writer's own; *accuracy*: the same against the gold
answer; *aoc*: early termination, against the reader's own answer to the whole chain. The change of aoc is split into what changed with the *text*
and what changed with the *reader* (each the mean over both orders of exchanging the two; they add up to the change)."""
_DOSES = """\
Every LoRA update is multiplied by the scale, without training again. A change that is complete at a small scale came cheaply; one that goes up and
down again says that the line from base to tuned leads through models that are neither."""


def study_parts(store: RunStore, dataset: str) -> list[str]:
    """Markdown for the studies of one dataset; [] where there were none."""
    asked: dict[str, Callable[[Scores, str, Path], list[str]]] = {"chain_swap": _chain_swap, "dose_response": _dose_response}
    found = {name: of_dataset[dataset] for name, of_dataset in store.studies().items() if dataset in of_dataset}
    return [part for name, make in asked.items() if name in found for part in make(found[name], dataset, store.folder)]


def _chain_swap(scores: Scores, dataset: str, folder: Path) -> list[str]:
    cells = [(w, r, scores["cells"][w][r]) for r in _ARMS for w in _ARMS]
    rows = [
        [w, r, *(_cell(cell, value) for value in (cell["aoc"], cell["match"]["1"], cell["accuracy"]["1"])), str(cell["n"])] for w, r, cell in cells
    ]
    figure = draw_swap(scores, dataset, folder / "figures" / f"{dataset}_chain_swap.png")
    return [
        "### Did the text change, or the reader?",
        table(("chains by", "read by", "aoc", "match, alpha 1", "accuracy, alpha 1", "n"), rows, left=2),
        split_sentence(scores),
        f"![chain swap](figures/{figure.name})",
        _SWAP,
    ]


def split_sentence(scores: Scores) -> str:
    """The split in words; where a gate closed, why there is none.

    >>> ends = {"change": 0.5, "text": 0.0, "reader": 0.5, "interaction": 0.0}
    >>> split_sentence({"split": ends, "low": ends, "high": ends, "n": 9, "gates": []}).split(":")[0]
    'aoc changed by +0.500 [+0.500, +0.500]'
    """
    if scores["gates"]:
        return "\n".join(f"- {UNINTERPRETABLE}: {reason}" for reason in scores["gates"])
    if scores["split"]["change"] is None:
        return "No example has a readable chain in all four cells."
    split = {part: f"{mean:+.3f} [{scores['low'][part]:+.3f}, {scores['high'][part]:+.3f}]" for part, mean in scores["split"].items()}
    parts = f"{split['reader']} with the reader, {split['text']} with the text"
    return f"aoc changed by {split['change']}: {parts} (interaction {split['interaction']}; 95 % intervals, n {scores['n']}, paired)."


def _dose_response(scores: Scores, dataset: str, folder: Path) -> list[str]:
    names = ("cot_accuracy", "direct_accuracy", "aoc", "mean_steps")
    rows = [[scale, *(_cell(cell, cell[name]) for name in names), str(cell["n"])] for scale, cell in scores["scales"].items()]
    reasons = [f"- {UNINTERPRETABLE} at scale {scale}: {reason}" for scale, cell in scores["scales"].items() for reason in cell["gates"]]
    figure = draw_doses(scores, dataset, folder / "figures" / f"{dataset}_dose_response.png")
    return [
        "### How much of the adapter does it take?",
        table(("scale", *names, "chains read"), rows),
        *_joined(reasons),
        f"![dose-response](figures/{figure.name})",
        _DOSES,
    ]


def _joined(lines: Sequence[str]) -> list[str]:
    return ["\n".join(lines)] if lines else []


def _cell(of: dict[str, Any], value: float | None) -> str:
    """A number that is missing where a gate closed is uninterpretable; elsewhere there is no data."""
    if value is not None:
        return f"{value:.3f}"
    return UNINTERPRETABLE if of["gates"] else "-"
