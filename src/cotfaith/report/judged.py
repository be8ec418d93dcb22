"""What a run is chosen by, among the cells of a sweep or by a search: its last validation. The test split is for reporting alone."""

from __future__ import annotations

from typing import NamedTuple

from cotfaith.store import RunStore, Scores
from cotfaith.types import Split


class Judged(NamedTuple):
    """The scores to choose by, arm -> scores of one dataset, and the split that they are of."""

    split: Split
    arms: dict[str, Scores]


def judged(store: RunStore, dataset: str) -> Judged:
    """The last validation of both arms; where one of them has none, the test, which whoever chooses must say."""
    found = store.validated(dataset)
    if all(found.get(arm, {}).get("cot_accuracy") is not None for arm in ("base", "tuned")):
        return Judged("val", found)
    tested = store.metrics() if (store.folder / "metrics.json").exists() else {}
    return Judged("test", {arm: scores[dataset] for arm, scores in tested.items() if dataset in scores})
