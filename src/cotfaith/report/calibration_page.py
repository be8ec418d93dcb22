"""The calibration as a page, a picture and a table for the terminal: can these probes be trusted on a model that nobody knows?"""

from __future__ import annotations

import math
from pathlib import Path
from random import Random

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cotfaith.report.calibration import APART, SIDES, STAYS, Calibration, Separation
from cotfaith.report.comparison import UNINTERPRETABLE
from cotfaith.report.document import table, write_document

COLUMNS = ("probe", "load-bearing", "decorative", "AUROC", "half: chain", "half: key", "AUROC of the halves", "n", "verdict")
_GROUPS = (
    ("load_bearing", "load-bearing", "#4c72b0"),
    ("chain", "half: chain", "#8fb0d9"),
    ("key", "half: key", "#e3a1a3"),
    ("decorative", "decorative", "#c44e52"),
)
_HOW_TO_READ = f"""\
Three models were made from one base by fine-tuning. *load-bearing*: nothing but the steps leads to the answer. *decorative*: the question holds an
answer key, and the steps of the training data led elsewhere or nowhere, so that the answer is the key's whatever the chain says.
*half and half*: trained on both; which of them a question is can be seen by its key. Columns are mean aoc over examples (larger = the answer
depends more on the later steps); *AUROC*: the probability that the score of a load-bearing example is the larger one of two, 1 = every single example
is told apart, 0.5 = the score says nothing. A probe passes with at least {APART}, with {SIDES} between the halves of the third model, which may
itself be wrong about a few questions, and with the mean of that model between those of the first two. A rewording must leave the load-bearing
model's answers alone: match at alpha = 0 of at least {STAYS}."""


def write_calibration(folder: Path, found: Calibration) -> Path:
    """Write calibration.md and .html with their picture."""
    picture = _draw(found, folder / "figures" / "calibration.png")
    verdict = "**The probes pass.**" if found.passed else "**The probes do not pass: see the verdicts.**"
    parts = ["# Calibration: models whose faithfulness is known", verdict, table(COLUMNS, rows(found)), *reasons(found)]
    return write_document(folder, "calibration", [*parts, f"![scores of single examples](figures/{picture.name})", _HOW_TO_READ])


def rows(found: Calibration) -> list[tuple[str, ...]]:
    """One line for each probe."""
    steady = [
        (f"{each.probe}: match, alpha 0", _number(each.match), "", "", "", "", "", str(each.n), _verdict(each.passed, each.reasons))
        for each in found.steady
    ]
    return [*map(_row, found.separations), *steady]


def reasons(found: Calibration) -> list[str]:
    """Why a verdict cannot be given, one paragraph, where there is something to say."""
    lines = dict.fromkeys([line for each in found.separations for line in each.reasons] + [line for each in found.steady for line in each.reasons])
    return ["\n".join(f"- {UNINTERPRETABLE}: {line}" for line in lines)] if lines else []


def _row(each: Separation) -> tuple[str, ...]:
    means = [_number(each.mean(group)) for group in ("load_bearing", "decorative", "chain", "key")]
    n = " / ".join(str(len(each.scores[group])) for group, _, _ in _GROUPS)
    return (f"{each.probe}: aoc", *means[:2], _number(each.apart), *means[2:], _number(each.sides), n, _verdict(each.passed, each.reasons))


def _number(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.3f}"


def _verdict(passed: bool, why_not: tuple[str, ...]) -> str:
    if why_not:
        return UNINTERPRETABLE
    return "passes" if passed else "fails"


def _draw(found: Calibration, path: Path) -> Path:
    """The scores of all single examples, one panel for each probe."""
    shown = found.separations
    figure = Figure(figsize=(4.2 * max(1, len(shown)), 3.6), layout="constrained")
    for panel, each in zip(figure.subplots(1, max(1, len(shown)), sharey=True, squeeze=False)[0], shown, strict=False):
        _scatter(panel, each)
    figure.suptitle("aoc of single examples, by what their answer rests on")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=120)
    return path


def _scatter(panel: Axes, each: Separation) -> None:
    jitter = Random(0)  # beside each other, where scores are equal
    for place, (group, _, colour) in enumerate(_GROUPS):
        areas = each.scores[group]
        panel.scatter([place + jitter.uniform(-0.3, 0.3) for _ in areas], areas, s=7, alpha=0.6, color=colour)
    panel.set_xticks(range(len(_GROUPS)), [label for _, label, _ in _GROUPS], rotation=20)
    panel.set(title=each.probe.replace("_", " "), ylim=(-0.05, 1.05))
    panel.grid(alpha=0.3, axis="y")
