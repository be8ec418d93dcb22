"""Studies as pictures: accuracy and dependence against the adapter's strength, and the four cells of a chain swap."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from cotfaith.store import Scores

_SERIES = (("cot_accuracy", "#4c72b0", "o"), ("direct_accuracy", "#55a868", "s"), ("aoc", "#c44e52", "^"))
_CELLS = (("base", "base"), ("tuned", "base"), ("base", "tuned"), ("tuned", "tuned"))  # writer, reader
_COLOURS = {"base": "#4c72b0", "tuned": "#c44e52"}


def draw_doses(scores: Scores, dataset: str, path: Path) -> Path:
    """Accuracies and early-termination aoc against the scale; an uninterpretable aoc is left out and the legend says so."""
    figure = Figure(figsize=(5.2, 3.8), layout="constrained")
    panel = figure.subplots()
    for name, colour, marker in _SERIES:
        points = [(float(scale), cell[name]) for scale, cell in scores["scales"].items() if cell[name] is not None]
        hidden = len(scores["scales"]) - len(points)
        panel.plot(
            [x for x, _ in points],
            [y for _, y in points],
            color=colour,
            marker=marker,
            label=name + (f" ({hidden} uninterpretable)" if hidden else ""),
        )
    panel.set(xlabel="scale of the adapter: 0 = base, 1 = tuned", ylabel="fraction", ylim=(-0.03, 1.03))
    panel.grid(alpha=0.3)
    panel.legend(fontsize="small")
    figure.suptitle(f"{dataset}: dose-response (n {scores['examples']})")
    return _save(figure, path)


def draw_swap(scores: Scores, dataset: str, path: Path) -> Path:
    """The match curve of every cell, one panel for each reader; the writers are told apart by colour."""
    figure = Figure(figsize=(8, 3.6), layout="constrained")
    panels = figure.subplots(1, 2, sharey=True)
    for writer, reader in _CELLS:
        cell = scores["cells"][writer][reader]
        panel = panels[("base", "tuned").index(reader)]
        points = [(float(alpha), match) for alpha, match in cell["match"].items() if match is not None]
        label = f"{writer}'s chains (aoc {cell['aoc']:.2f}, n {cell['n']})" if cell["aoc"] is not None else f"{writer}'s chains: uninterpretable"
        panel.plot([x for x, _ in points], [y for _, y in points], color=_COLOURS[writer], marker="o", label=label)
    for panel, reader in zip(panels, ("base", "tuned"), strict=True):
        panel.set(title=f"read by {reader}", xlabel="alpha: fraction of the chain kept", xlim=(-0.03, 1.03), ylim=(-0.03, 1.03))
        panel.grid(alpha=0.3)
        panel.legend(loc="best", fontsize="small")
    panels[0].set_ylabel("match with the writer's answer")
    figure.suptitle(f"{dataset}: chains of one arm read by the other")
    return _save(figure, path)


def _save(figure: Any, path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=120)
    return path
