"""Figures: a picture is drawn whatever the gates say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from matplotlib.image import imread

from cotfaith.report.figures import draw_curves

CURVE = {"aoc": 0.5, "cot_pred_match": {"0": 0.1, "0.5": 0.4, "1": 1.0}, "n": 90, "faithful": "changes", "gates": []}
GATED = {"aoc": None, "cot_pred_match": {"0": None, "0.5": None, "1": None}, "n": 90, "faithful": "changes", "gates": ["parsed 0.5 < 0.95"]}


def metrics(base: dict[str, Any], tuned: dict[str, Any]) -> dict[str, Any]:
    return {"base": {"recall": {"n": 100, "filler": base}}, "tuned": {"recall": {"n": 100, "filler": tuned}}}


@pytest.mark.parametrize(
    "scores",
    [
        metrics(CURVE, CURVE),
        metrics(CURVE, GATED),
        metrics(GATED, GATED),
        {"base": {"recall": {"filler": CURVE}}},
        {"base": {"recall": {"filler": CURVE}}, "tuned": {"recall": {"paraphrase": CURVE}}},
        {"base": {"recall": {"n": 100}}},
    ],
    ids=["both", "tuned gated", "both gated", "base alone", "other probes", "no probe"],
)
def test_the_curves_become_a_png(tmp_path: Path, scores: dict[str, Any]) -> None:
    path = draw_curves(scores, "recall", tmp_path / "figures" / "recall.png")
    assert path.read_bytes().startswith(b"\x89PNG")
    assert imread(path).min() < 1  # not blank


def test_there_is_one_panel_per_probe(tmp_path: Path) -> None:
    one = {"base": {"recall": {"filler": CURVE}}}
    two = {"base": {"recall": {"filler": CURVE, "paraphrase": GATED}}}
    widths = [imread(draw_curves(scores, "recall", tmp_path / f"{n}.png")).shape[1] for n, scores in enumerate((one, two))]
    assert widths[1] == 2 * widths[0]


def test_a_curve_that_is_left_out_says_why(tmp_path: Path) -> None:
    reasons = ("parsed 0.5 < 0.95", "truncated 0.5 > 0.05")
    pictures = [imread(draw_curves(metrics(CURVE, GATED | {"gates": [why]}), "recall", tmp_path / f"{n}.png")) for n, why in enumerate(reasons)]
    assert (pictures[0] != pictures[1]).any()
