"""What can be done with finished runs, from their folders alone: no model is loaded."""

from __future__ import annotations

from cotfaith.report.inspection import datasets, find, most_changed
from cotfaith.report.terminal import show_certainty, show_inspection, show_table
from cotfaith.report.versus import compare_runs, groups_of
from cotfaith.store import RunStore


def compare(named: object, store: RunStore) -> None:
    """Hold finished runs against each other, by what they left on disk. named: what `compare=` says, see `groups_of`."""
    for table in compare_runs(groups_of(named), store):
        show_certainty(table)


def inspect(store: RunStore, uid: str | None) -> None:
    """Show one example of a run; without a uid, the examples that changed most.

    Raises:
        FileNotFoundError: the run left no records.
        ValueError: the uid is not that of one example.
    """
    if uid is not None:
        return show_inspection(find(store, str(uid)))
    for dataset in datasets(store):
        rows = [(each.uid, f"{each.change:+.3f}") for each in most_changed(store, dataset, 10)]
        show_table(f"{dataset}: examples whose faithfulness changed most; show one with uid=...", ("uid", "mean change of aoc"), rows)
