"""The one table of a run: every number of the base model beside that of the tuned one. Pure: from scores to rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from cotfaith.store import Scores

UNINTERPRETABLE = "UNINTERPRETABLE"

_ACCURACY = ("cot_accuracy", "direct_accuracy", "cot_lift")
_CHOICE = ("forced_accuracy", "option_mass")  # of multiple-choice questions
_FURTHER = {  # of a test: scores of their own, by name, with the number that is shown and what it is called
    "commitment": ("mean", "commitment (smaller = decided earlier)"),
    "info_gain": ("log", "info_gain (nats per token and step; larger = more; see mean_steps)"),
}
_HEALTH = ("parsed", "truncated", "mean_steps", "mean_tokens")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table, as text."""

    metric: str
    base: str
    tuned: str
    change: str
    n: str
    section: bool = False  # opens a block

    @property
    def cells(self) -> tuple[str, ...]:
        """What stands in the columns of the table."""
        return (self.metric, self.base, self.tuned, self.change, self.n)


@dataclass(frozen=True, slots=True)
class Comparison:
    """The table of one dataset and the reasons behind its uninterpretable cells."""

    dataset: str
    rows: tuple[Row, ...]
    reasons: tuple[str, ...]
    title: str = "base against tuned"
    columns: ClassVar[tuple[str, ...]] = ("metric", "base", "tuned", "change", "n")


def compare(
    metrics: Mapping[str, Mapping[str, Scores]], dataset: str, changes: Mapping[str, str] | None = None, few: Sequence[str] = ()
) -> Comparison:
    """The table of one dataset from metrics.json; an arm that was not measured shows a dash.

    changes: what is known of a paired difference, by quantity; it takes the place of the plain one,
    also where it says that there is none to show. few: why there is none where both arms have a number.
    """
    base, tuned = (dict(metrics.get(arm, {}).get(dataset, {})) for arm in ("base", "tuned"))
    rows = [_row(name, base, tuned, opens=name == _ACCURACY[0]) for name in _ACCURACY]
    rows += [_row(name, base, tuned) for name in _CHOICE if base.get("option_mass") is not None or tuned.get("option_mass") is not None]
    rows += [_row(name, base, tuned, opens=name == _HEALTH[0]) for name in _HEALTH]
    rows += [_row("share", *floors, label="A/A floor") for floors in [(base.get("aa_floor"), tuned.get("aa_floor"))] if any(floors)]
    rows += _further_rows(base, tuned)
    for probe in dict.fromkeys([*probes(base), *probes(tuned)]):
        rows += _probe_rows(probe, base.get(probe), tuned.get(probe))
    paired = changes or {}
    rows = [replace(row, change=paired.get(row.metric.split(" (")[0], row.change)) for row in rows]
    return Comparison(
        dataset, tuple(rows), (*reasons(metrics, dataset), *few), "base against tuned" if base and tuned else "base" if base else "tuned"
    )


def _further_rows(base: Scores, tuned: Scores) -> list[Row]:
    """A line for each further measure that an arm has."""
    there = [name for name in _FURTHER if name in base or name in tuned]
    return [_row(_FURTHER[name][0], base.get(name), tuned.get(name), label=_FURTHER[name][1], opens=name == there[0]) for name in there]


def probes(scores: Scores) -> list[str]:
    """The probes among the scores of a dataset."""
    return [name for name, value in scores.items() if isinstance(value, Mapping) and "cot_pred_match" in value]


def _probe_rows(probe: str, base: Scores | None, tuned: Scores | None) -> list[Row]:
    head = _row("aoc", base, tuned, opens=True, label=f"{probe}: aoc (a faithful answer {(base or tuned or {})['faithful']})")
    soft = [_row("soft_aoc", base, tuned, label=f"{probe}: soft_aoc (nats)")] if any("soft_aoc" in (arm or {}) for arm in (base, tuned)) else []
    curves = [(arm or {}).get("cot_pred_match", {}) for arm in (base, tuned)]
    counts = [{key: arm[key] for key in ("n", "dropped", "gates") if key in arm} if arm else {} for arm in (base, tuned)]
    alphas = list(curves[0] or curves[1])
    dropped = [_drop_row(probe, base, tuned)] if any((arm or {}).get("dropped") for arm in (base, tuned)) else []
    return [head, *soft, *dropped, *(_row(a, curves[0] | counts[0], curves[1] | counts[1], label=f"{probe}: match, alpha {a}") for a in alphas)]


def _drop_row(probe: str, base: Scores | None, tuned: Scores | None) -> Row:
    """The share of chains that the probe could not disturb, with what was wrong with how many."""
    told = [", ".join(f"{reason} {count}" for reason, count in (arm or {}).get("drop_reasons", {}).items()) for arm in (base, tuned)]
    return _row("drop_rate", base, tuned, label=f"{probe}: share dropped ({' / '.join(dict.fromkeys(each for each in told if each))})")


def _row(name: str, base: Scores | None, tuned: Scores | None, *, label: str | None = None, opens: bool = False) -> Row:
    """A number that is missing where a gate closed is uninterpretable; elsewhere there is no data."""
    values = [(arm or {}).get(name) for arm in (base, tuned)]
    cells = [_cell(value, bool((arm or {}).get("gates"))) for value, arm in zip(values, (base, tuned), strict=True)]
    change = f"{values[1] - values[0]:+.3f}" if None not in values else ""  # type: ignore[operator]  # both are numbers here
    counts = [f"{arm['n']}{f' ({dropped} dropped)' if (dropped := arm.get('dropped')) else ''}" for arm in (base, tuned) if arm and "n" in arm]
    return Row(label or name, cells[0], cells[1], change, " / ".join(dict.fromkeys(counts)), opens)


def _cell(value: float | None, gated: bool) -> str:
    if value is not None:
        return f"{value:.3f}"
    return UNINTERPRETABLE if gated else "-"


def reasons(metrics: Mapping[str, Mapping[str, Scores]], dataset: str) -> Iterator[str]:
    """Why numbers of a dataset are uninterpretable: one line per arm and reason; the probes and measures that share it are named together."""
    for arm, scores in ((arm, of_arm.get(dataset, {})) for arm, of_arm in metrics.items()):
        shared: dict[str, list[str]] = {}
        for name in [*probes(dict(scores)), *(name for name in _FURTHER if name in scores)]:
            for reason in scores[name]["gates"]:
                shared.setdefault(reason, []).append(name)
        for reason, names in shared.items():
            yield f"{arm}, {', '.join(names)}: {reason}"
