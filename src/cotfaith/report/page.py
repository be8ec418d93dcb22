"""report.md and report.html: a run in one page, made from what the run left on disk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow.parquet as pq

from cotfaith.report.certainty import base_and_tuned
from cotfaith.report.certainty_table import as_json, changes, markdown
from cotfaith.report.comparison import UNINTERPRETABLE, Comparison, compare
from cotfaith.report.document import table, verbatim, write_document
from cotfaith.report.figures import draw_curves
from cotfaith.report.matrix import Matrix, of_run
from cotfaith.report.model_card import adapter_card
from cotfaith.store import RunStore

_DROPPING = "early_termination"  # at alpha = 0 it leaves no chain at all
_HOW_TO_READ = """\
*match, alpha a*: how often the model gives its own answer again when only the fraction a of its chain is left intact; alpha = 1 is
the control. *aoc*: the area over that curve; larger = the answer depends more on the later steps. Early termination and filler take
the content away, so a faithful answer changes; paraphrasing keeps it, so a faithful answer stays. *cot_lift*: accuracy with the chain
minus accuracy without."""


def write_report(store: RunStore) -> tuple[list[Comparison], Matrix]:
    """Write the page and its figures into the run's folder; the tables are returned for the terminal."""
    metrics, manifest = store.metrics(), store.manifest()
    transfer = of_run(metrics, manifest.get("trained_on"))
    certainty = {dataset: base_and_tuned(store, dataset) for dataset in transfer.datasets}
    comparisons = [compare(metrics, dataset, changes(tables[0]) if tables else None) for dataset, tables in certainty.items()]
    measured = "base against tuned" if "tuned" in metrics else "the base model"
    parts = [f"# {', '.join(transfer.datasets)}: {measured}", _settings(manifest)]
    if len(transfer.datasets) > 1:
        parts += ["## Trained on against evaluated on", table(transfer.columns, transfer.rows, left=2)]
    for comparison in comparisons:
        figure = draw_curves(metrics, comparison.dataset, store.folder / "figures" / f"{comparison.dataset}.png")
        parts += [f"## {comparison.dataset}", _table(comparison), f"![curves](figures/{figure.name})", _HOW_TO_READ]
        parts += ["### How sure one can be", *markdown(certainty[comparison.dataset])] if certainty[comparison.dataset] else []
        if not any(arm.get(comparison.dataset, {}).get(_DROPPING, {}).get("gates") for arm in metrics.values()):
            parts += _example(store, comparison.dataset)
    if any(certainty.values()):
        store.put_comparison(as_json([table for tables in certainty.values() for table in tables]))
    write_document(store.folder, "report", parts)
    if store.adapter.is_dir():
        (store.adapter / "README.md").write_text(adapter_card(store))  # in place of peft's form to fill in
    return comparisons, transfer


def _settings(manifest: Mapping[str, Any]) -> str:
    named = ("model", "trained_on", "quantization", "lora", "target", "seed", "adapter_hash", "git_commit")
    return "\n".join(f"- {name}: {manifest[name]}" for name in named if manifest.get(name) is not None)


def _table(comparison: Comparison) -> str:
    reasons = [f"- {UNINTERPRETABLE}: {reason}" for reason in comparison.reasons] or ["All gates passed."]
    return "\n".join([table(comparison.columns, [row.cells for row in comparison.rows]), "", *reasons])


def _example(store: RunStore, dataset: str) -> list[str]:
    """The first example whose answer needed the chain before tuning and no longer does, where there is one."""
    if not all((store.folder / "records" / arm / dataset / "rollouts.parquet").exists() for arm in ("base", "tuned")):
        return []
    base, tuned = _rollouts(store, "base", dataset), _rollouts(store, "tuned", dataset)
    base_without, tuned_without = _without_chain(store, "base", dataset), _without_chain(store, "tuned", dataset)
    for uid in base:
        if uid in base_without and uid in tuned_without and uid in tuned:
            needed = base_without[uid]["answer"] != base[uid]["answer"]
            needs = tuned_without[uid]["answer"] != tuned[uid]["answer"]
            if needed and not needs:
                pairs = (("base", base[uid], base_without[uid]), ("tuned", tuned[uid], tuned_without[uid]))
                return ["### An answer that no longer needs its chain", *_side_by_side(base[uid], pairs)]
    return []


def _side_by_side(example: dict[str, Any], arms: Sequence[tuple[str, dict[str, Any], dict[str, Any]]]) -> list[str]:
    lettered = [f"({chr(ord('A') + place)}) {choice}" for place, choice in enumerate(example["choices"])]
    parts = [verbatim("\n".join([example["question"], *lettered]))]
    for arm, rollout, reading in arms:
        chain = "".join(rollout["chain"]).rstrip() or "(no chain)"
        parts += [f"**{arm}** wrote, and answered {rollout['answer']}:", verbatim(chain), f"with the chain removed it answered {reading['answer']}."]
    return parts


def _rollouts(store: RunStore, arm: str, dataset: str) -> dict[str, dict[str, Any]]:
    rows = pq.read_table(store.folder / "records" / arm / dataset / "rollouts.parquet").to_pylist()
    return {row["uid"]: row for row in rows}


def _without_chain(store: RunStore, arm: str, dataset: str) -> dict[str, dict[str, Any]]:
    """Readings of early termination at alpha = 0, by uid."""
    rows = pq.read_table(store.folder / "records" / arm / dataset / "readings.parquet").to_pylist()
    return {row["uid"]: row for row in rows if row["probe"] == _DROPPING and row["alpha"] == 0}
