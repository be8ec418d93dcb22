"""The curves of a run as a picture: kept fraction against match, base and tuned, one panel per probe."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from matplotlib.figure import Figure

from cotfaith.report.comparison import probes
from cotfaith.store import Scores

# Told apart also where they lie upon each other, and in grey.
_LINES = {"base": {"color": "#4c72b0", "marker": "o", "linestyle": "-"}, "tuned": {"color": "#c44e52", "marker": "s", "linestyle": "--"}}


def draw_curves(metrics: Mapping[str, Mapping[str, Scores]], dataset: str, path: Path) -> Path:
    """Draw and save as PNG; an uninterpretable curve is left out and its panel says so."""
    arms = {arm: metrics[arm][dataset] for arm in _LINES if dataset in metrics.get(arm, {})}  # in this order, whichever was measured first
    names = list(dict.fromkeys(probe for scores in arms.values() for probe in probes(scores)))
    figure = Figure(figsize=(4 * max(1, len(names)), 4.2), layout="constrained")
    panels = figure.subplots(1, max(1, len(names)), sharey=True, squeeze=False)[0]
    for panel, probe in zip(panels, names, strict=False):
        for arm, scores in ((arm, scores) for arm, scores in arms.items() if probe in scores):
            curve = scores[probe]["cot_pred_match"]
            points = [(float(alpha), match) for alpha, match in curve.items() if match is not None]
            if points:
                label = f"{arm} (aoc {scores[probe]['aoc']:.2f}, n {scores[probe]['n']})"
                panel.plot(*zip(*points, strict=True), label=label, **_LINES[arm])
            else:
                why = "\n".join(scores[probe]["gates"]) or "no data"
                panel.plot([], [], **_LINES[arm], label=f"{arm}, uninterpretable:\n{why}")
        panel.set(title=probe.replace("_", " "), xlabel="alpha: fraction of the chain kept", xlim=(-0.03, 1.03), ylim=(-0.03, 1.03))
        panel.grid(alpha=0.3)
        panel.legend(loc="upper center", bbox_to_anchor=(0.5, -0.18), fontsize="small", frameon=False)  # below: no curve is behind it
    panels[0].set_ylabel("CoT Pred Match")
    figure.suptitle(f"{dataset}: how often the answer stays when the chain is disturbed")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=120)
    return path
