"""The few numbers of a run that a table of runs is sorted by, under short names that stay: what changed, how surely, and what gates say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cotfaith.report.comparison import reasons
from cotfaith.store import Scores

_CHANGES = ("cot_accuracy", "direct_accuracy", "cot_lift")


def headline(comparison: Mapping[str, Any], metrics: Mapping[str, Mapping[str, Scores]], prefixes: Mapping[str, str]) -> dict[str, float | str]:
    """``change/<metric>`` with ``/low`` and ``/high`` of its 95% interval, ``change/<probe>/aoc`` likewise; ``gates/closed``, ``gates/why``.

    comparison: as in comparison.json. prefixes: by dataset, "" of the one trained on. A difference that a gate closed on is left out.
    Closed: the number of reasons, of both arms.
    """
    found: dict[str, float | str] = {}
    for table in (table for table in comparison["tables"] if table["subset"] == "all examples"):
        for finding in table["findings"]:
            name, difference = finding["quantity"].replace(": ", "/"), finding["difference"]
            if difference is not None and difference["n"] and (name in _CHANGES or name.endswith("/aoc")):
                key = f"change/{prefixes[table['dataset']]}{name}"
                found |= {key: difference["change"], f"{key}/low": difference["low"], f"{key}/high": difference["high"]}
    why = [f"{dataset}, {reason}" for dataset in prefixes for reason in reasons(metrics, dataset)]
    return {**found, "gates/closed": len(why), "gates/why": "; ".join(why)}
