"""The pictures of a sweep: numbers against an axis, curves of every cell, accuracy against aoc, a map over two axes."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import cycle
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cotfaith.report.estimates import Estimate
from cotfaith.report.grid import Grid
from cotfaith.report.jobs import natural
from cotfaith.report.sweep_table import Scored, probes_of, quantities_of

_BASE: dict[str, Any] = {"color": "#555555", "linestyle": "--", "linewidth": 1}
_MARKS = "osD^vP*X"
_PANEL = 3.6  # inches
_ACROSS = 3  # panels


def draw_axis(rows: Sequence[Scored], grid: Grid, axis: str, path: Path) -> Path:
    """Accuracies, lift and the aoc of every probe against a numeric axis, one line for each setting of the others; the base as a level."""
    names = quantities_of(rows)
    figure, panels = _panels(len(names))
    lines = _lines(rows, grid, axis)
    for panel, name in zip(panels, names, strict=True):
        for (label, of_line), mark in zip(lines.items(), cycle(_MARKS), strict=False):
            _with_bars(panel, _places(of_line, axis), [row.found.get(name) for row in of_line], label=label or "tuned", marker=mark)
        _levels(panel, rows, name)
        _label(panel, name, axis, least=min([0.0, *(row.found[name].low for row in rows if name in row.found)]))  # a lift may be negative
        _ticks(panel, rows, axis)
    panels[0].legend(fontsize="small")
    return _save(figure, path)


def draw_matches(rows: Sequence[Scored], grid: Grid, axis: str, path: Path) -> Path:
    """CoT Pred Match at every alpha but the control against a numeric axis, one panel for each probe."""
    probes = probes_of(rows)
    figure, panels = _panels(len(probes))
    lines = _lines(rows, grid, axis)
    for panel, probe in zip(panels, probes, strict=True):
        names = list(dict.fromkeys(name for row in rows for name in row.found if name.startswith(f"{probe}: match")))
        colours = _colours(names)
        for name in names:
            for (others, of_line), mark in zip(lines.items(), cycle(_MARKS), strict=False):
                label = ", ".join(part for part in (name.removeprefix(f"{probe}: match, "), others) if part)
                found = [row.found.get(name) for row in of_line]
                _with_bars(panel, _places(of_line, axis), found, label=label, marker=mark, color=colours[name])
        _label(panel, probe, axis)
        _ticks(panel, rows, axis)
    panels[0].set_ylabel("CoT Pred Match")
    drawn = {label: handle for panel in panels for handle, label in zip(*panel.get_legend_handles_labels(), strict=True)}
    if drawn:  # a panel whose gates are closed has none
        panels[-1].legend(drawn.values(), drawn.keys(), fontsize="small", bbox_to_anchor=(1.02, 1), loc="upper left")
    return _save(figure, path)


def draw_curves_of(rows: Sequence[Scored], path: Path) -> Path:
    """CoT Pred Match against alpha, one panel for each probe, one curve for each cell and the base."""
    probes = probes_of(rows)
    figure, panels = _panels(len(probes))
    colours = _colours([row.name for row in rows if row.arm == "tuned"])
    for panel, probe in zip(panels, probes, strict=True):
        for row in rows:
            points = [(float(name.rpartition(" ")[2]), found.shown) for name, found in row.found.items() if name.startswith(f"{probe}: match")]
            drawn = [(alpha, match) for alpha, match in [*sorted(points), (1.0, row.control(probe))] if not math.isnan(match)]
            style: dict[str, Any] = _BASE if row.arm == "base" else {"color": colours[row.name]}
            label = row.name if drawn else f"{row.name}: uninterpretable"
            panel.plot([alpha for alpha, _ in drawn], [match for _, match in drawn], marker="o", markersize=4, label=label, **style)
        _label(panel, probe, "alpha: fraction of the chain kept")
        panel.set_xlim(-0.03, 1.03)
    panels[0].set_ylabel("CoT Pred Match")
    panels[-1].legend(fontsize="small", bbox_to_anchor=(1.02, 1), loc="upper left")
    return _save(figure, path)


def change_based(rows: Sequence[Scored]) -> list[str]:
    """The probes under which a faithful answer changes."""
    scores = [arm for row in rows for job in row.cell.jobs for of in job.metrics.values() for arm in of.values()]
    return [probe for probe in probes_of(rows) if any(of.get(probe, {}).get("faithful") == "changes" for of in scores)]


def draw_scatter(rows: Sequence[Scored], path: Path) -> Path:
    """Accuracy against the aoc of every change-based probe, of which there must be one: up and to the right is accurate and driven by the chain."""
    probes = [f"{probe}: aoc" for probe in change_based(rows)]
    figure, panels = _panels(len(probes))
    colours = _colours([row.name for row in rows if row.arm == "tuned"])
    for panel, name in zip(panels, probes, strict=True):
        for row, mark in zip(rows, cycle(_MARKS), strict=False):
            x, y = row.found.get(name), row.found.get("cot_accuracy")
            if x is not None and y is not None and not math.isnan(x.shown):
                colour = "#555555" if row.arm == "base" else colours[row.name]
                panel.errorbar(
                    [x.mean], [y.mean], marker=mark, color=colour, capsize=2, linestyle="", label=row.name, xerr=_bars([x]), yerr=_bars([y])
                )
        _label(panel, "", name)
        panel.set_xlim(-0.03, 1.03)
    panels[0].set_ylabel("cot_accuracy")
    panels[-1].legend(fontsize="small", bbox_to_anchor=(1.02, 1), loc="upper left")
    return _save(figure, path)


def draw_map(rows: Sequence[Scored], axes: tuple[str, str], path: Path) -> Path:
    """Accuracies and aoc over two axes, the first downwards. Of several cells in one place the mean."""
    tuned = [row for row in rows if row.arm == "tuned"]
    down, across = ([*sorted({row.cell.settings[axis] for row in tuned}, key=natural)] for axis in axes)
    names = [name for name in quantities_of(rows) if name != "cot_lift"]
    figure, panels = _panels(len(names), height=1.6 + 0.45 * len(down))
    for panel, name in zip(panels, names, strict=True):
        values = [[_mean(tuned, name, {axes[0]: a, axes[1]: b}) for b in across] for a in down]
        panel.imshow(values, vmin=0, vmax=1, cmap="viridis", aspect="auto")
        for y, line in enumerate(values):
            for x, value in enumerate(line):
                text = "n/a" if math.isnan(value) else f"{value:.2f}"
                panel.text(x, y, text, ha="center", va="center", color="black" if math.isnan(value) or value > 0.6 else "white", fontsize="small")
        panel.set_xticks(range(len(across)), across)
        panel.set_yticks(range(len(down)), down)
        panel.set_xlabel(axes[1])
        panel.set_title(name, fontsize="medium")
        panel.set_ylabel(axes[0])
    return _save(figure, path)


def _panels(count: int, *, height: float = _PANEL) -> tuple[Figure, list[Axes]]:
    """So many panels, three to a line: on a page they stay large enough to read."""
    lines = -(-count // _ACROSS)
    figure = Figure(figsize=(min(_ACROSS, max(2, count)) * _PANEL, lines * height), layout="constrained")
    panels: list[Axes] = list(figure.subplots(lines, min(_ACROSS, count), squeeze=False).flat)
    for panel in panels[count:]:
        panel.set_axis_off()
    return figure, panels[:count]


def _lines(rows: Sequence[Scored], grid: Grid, axis: str) -> dict[str, list[Scored]]:
    """The tuned models along an axis, by the settings of the other axes that vary; "" where none does."""
    varied = [other for other in grid.axes if other != axis and len({row.cell.settings[other] for row in rows}) > 1]
    lines: dict[str, list[Scored]] = {}
    for row in sorted((row for row in rows if row.arm == "tuned"), key=lambda row: row.cell.number(axis) or 0.0):
        lines.setdefault(", ".join(f"{other}={row.cell.settings[other]}" for other in varied), []).append(row)
    return lines


def _places(rows: Sequence[Scored], axis: str) -> list[float]:
    return [row.cell.number(axis) or 0.0 for row in rows]


def _ticks(panel: Axes, rows: Sequence[Scored], axis: str) -> None:
    ticks = sorted(set(_places([row for row in rows if row.arm == "tuned"], axis)))
    if len(ticks) > 1 and min(ticks) > 0 and max(ticks) / min(ticks) >= 4:  # ranks and rates come in powers
        panel.set_xscale("log")
    panel.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    panel.minorticks_off()


def _with_bars(panel: Axes, places: Sequence[float], found: Sequence[Estimate | None], **style: Any) -> None:
    known = [(place, each) for place, each in zip(places, found, strict=True) if each is not None and not math.isnan(each.shown)]
    if known:
        bars = _bars([each for _, each in known])
        panel.errorbar([place for place, _ in known], [each.mean for _, each in known], yerr=bars, capsize=3, **style)


def _bars(found: Sequence[Estimate]) -> list[list[float]]:
    """How far down and up each interval reaches."""
    return [[max(0.0, each.mean - each.low) for each in found], [max(0.0, each.high - each.mean) for each in found]]


def _levels(panel: Axes, rows: Sequence[Scored], name: str) -> None:
    for row in (row for row in rows if row.arm == "base" and name in row.found):
        if not math.isnan(row.found[name].shown):
            panel.axhline(row.found[name].mean, label=row.name, **_BASE)


def _label(panel: Axes, title: str, x: str, *, least: float = 0.0) -> None:
    panel.set_title(title.replace("_", " "), fontsize="medium")
    panel.set_xlabel(x)
    panel.set_ylim(least - 0.03, 1.03)
    panel.grid(alpha=0.3)


def _colours(names: Sequence[str]) -> dict[str, Any]:
    colour: Callable[[float], Any] = mpl.colormaps["viridis"]
    return {name: colour(0.9 * place / max(1, len(names) - 1)) for place, name in enumerate(names)}


def _mean(rows: Sequence[Scored], name: str, settings: dict[str, str]) -> float:
    found = [row.found[name].shown for row in rows if name in row.found and settings.items() <= row.cell.settings.items()]
    return math.fsum(found) / len(found) if found else math.nan


def _save(figure: Figure, path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    return path
