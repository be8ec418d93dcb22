"""What stands behind the curves: accuracy and softer scores at each alpha, information gain of each step. Pure: from scores to Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cotfaith.report.comparison import UNINTERPRETABLE, probes
from cotfaith.report.document import table
from cotfaith.store import Scores

_ARMS = ("base", "tuned")
_AT_ALPHA = {  # scores of a probe by alpha, and what they are called
    "accuracy": "accuracy",
    "normalised_match": "normalised match",
    "logprob": "logprob",
    "option_margin": "option margin",
    "option_mass": "option mass",
}
_HOW_TO_READ = """\
Base / tuned. *accuracy*: the reading is the gold answer. *normalised match*: the match less what the model answers without any chain, as a share
of what a chain could add: 1 = always its own answer, 0 = as often as without a chain. *logprob*: of its own answer, nats. *option margin*:
log-probability of its own letter less that of the likeliest other, nats; it means little where *option mass*, the probability of all letters
together, is small."""
_GAIN = """\
How much likelier each further step of a chain makes the gold answer to the base model, in nats per token of that answer, mean over the chains that
have such a step (Wu et al. 2025, arXiv:2506.02126). Later steps stand for longer chains alone, and a chain of few steps brings the same gain in
fewer: hold the gains of two models against one another only beside their mean_steps."""


def by_alpha(metrics: Mapping[str, Mapping[str, Scores]], dataset: str) -> list[str]:
    """The section of one dataset; [] where no arm was probed."""
    arms = [metrics.get(arm, {}).get(dataset, {}) for arm in _ARMS]
    names = list(dict.fromkeys(name for arm in arms for name in probes(dict(arm))))
    if not names:
        return []
    kinds = [kind for kind in _AT_ALPHA if any(kind in arm.get(name, {}) for arm in arms for name in names)]
    rows = [row for name in names for row in _rows(name, [arm.get(name) for arm in arms], kinds)]
    return ["### At each alpha", table(["probe", "alpha", *(_AT_ALPHA[kind] for kind in kinds)], rows), _HOW_TO_READ, *_gain(arms)]


def _rows(probe: str, arms: Sequence[Scores | None], kinds: Sequence[str]) -> list[list[str]]:
    alphas = next(arm["cot_pred_match"] for arm in arms if arm)
    return [[probe, alpha, *(_pair([_cell(arm, kind, alpha) for arm in arms]) for kind in kinds)] for alpha in alphas]


def _gain(arms: Sequence[Scores]) -> list[str]:
    gains = [arm.get("info_gain") for arm in arms]
    steps = sorted({step for gain in gains if gain for step in gain["by_step"]}, key=int)
    if not steps:
        return []
    rows = [[step, *(_cell(gain, "by_step", step) for gain in gains)] for step in steps]
    return ["**Information gain, step by step**", table(("step", *_ARMS), rows), _GAIN]


def _pair(cells: Sequence[str]) -> str:
    return UNINTERPRETABLE if set(cells) == {UNINTERPRETABLE} else " / ".join(cells)


def _cell(scores: Scores | None, kind: str, place: str) -> str:
    """A number that is missing where a gate closed is uninterpretable; elsewhere there is no data."""
    if scores is None:
        return "-"
    found = scores.get(kind, {}).get(place)
    return f"{found:.3f}" if found is not None else UNINTERPRETABLE if scores["gates"] else "-"
