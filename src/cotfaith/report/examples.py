"""The examples of a report: those whose chain lost or won most of its part in the answer, so that a number can be read as text."""

from __future__ import annotations

from collections.abc import Sequence

from cotfaith.report.document import anchor
from cotfaith.report.inspection import Inspection, load, most_changed
from cotfaith.report.inspection_page import changed_table, section
from cotfaith.store import RunStore
from cotfaith.types import Arm

SHOWN = 10
_CUT = "early_termination"


def examples(store: RunStore, dataset: str) -> tuple[list[str], list[str]]:
    """Parts of a page, none where an arm was not measured or is gated, or where nothing changed; and a sentence that points at a telling one."""
    changed = most_changed(store, dataset, SHOWN)
    if not changed:
        return [], []
    found = load(store, dataset, [each.uid for each in changed])
    pointer = _decorative(store, dataset, found)
    parts = ["### The examples that changed most", changed_table(changed, found), *pointer]
    return [*parts, *(part for each in found for part in section(each))], pointer


def _decorative(store: RunStore, dataset: str, found: Sequence[Inspection]) -> list[str]:
    """Points at the first answer that needed its chain before fine-tuning and no longer does, where there is one and no gate closed."""
    if any(of_arm[dataset].get(_CUT, {}).get("gates") for of_arm in store.metrics().values()):
        return []
    lost = [each.example["uid"] for each in found if (_needs_chain(each, "base"), _needs_chain(each, "tuned")) == (True, False)]
    said = "is an answer that no longer needs its chain: cut to no step at all, the base model's answer changes and the tuned model's stays."
    return [f"[{lost[0]}](#{anchor(lost[0])}) {said}"] if lost else []


def _needs_chain(each: Inspection, arm: Arm) -> bool | None:
    """Whether the answer is another without any step, as early termination leaves it at alpha = 0; None: that was not asked, or had no answer."""
    told = each.arms[arm]
    without = [reading["answer"] for reading in told.readings if reading["probe"] == _CUT and reading["alpha"] == 0]
    return without[0] != told.rollout["answer"] if without and without[0] is not None else None
