"""report.md and report.html: a run in one page, made from what the run left on disk."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cotfaith.report import sensitivity
from cotfaith.report.by_alpha import by_alpha
from cotfaith.report.certainty import base_and_tuned
from cotfaith.report.certainty_table import as_json, changes, markdown
from cotfaith.report.comparison import UNINTERPRETABLE, Comparison, compare
from cotfaith.report.document import table, write_document
from cotfaith.report.examples import examples
from cotfaith.report.figures import draw_curves
from cotfaith.report.in_short import in_short
from cotfaith.report.matrix import Matrix, of_run
from cotfaith.report.model_card import adapter_card
from cotfaith.report.studies import study_parts
from cotfaith.store import RunStore

_HOW_TO_READ = """\
*match, alpha a*: how often the model gives its own answer again when only the fraction a of its chain is left intact; alpha = 1 is
the control. *aoc*: the area over that curve, against the fraction really left, for steps are whole. Larger = the answer depends more on the
later steps; one that changes at every cut has 0.75 on a chain of two steps and 0.9 on one of five (default alphas). Early termination and
filler take the content away and mistakes change it, so a faithful answer changes; paraphrasing keeps it, so a faithful answer stays.
*cot_lift*: accuracy with the chain minus accuracy without. *n*: examples, of a probe the chains that were read; two numbers where base /
tuned differ (*dropped*: chains that the probe could not disturb as it promises). *change*: over the examples that both have a number for;
where *of N shared* stands behind it these are fewer than those of a column, and it is not the difference of the two columns."""


def write_report(store: RunStore) -> tuple[list[Comparison], Matrix]:
    """Write the page and its figures into the run's folder; the tables are returned for the terminal."""
    metrics, manifest = store.metrics(), store.manifest()
    transfer = of_run(metrics, manifest.get("trained_on"))
    certainty = {dataset: base_and_tuned(store, dataset) for dataset in transfer.datasets}
    comparisons = [
        compare(metrics, dataset, changes(tables[0]), tables[0].few) if tables else compare(metrics, dataset) for dataset, tables in certainty.items()
    ]
    measured = "base against tuned" if "tuned" in metrics else "the base model"
    parts = [f"# {', '.join(transfer.datasets)}: {measured}", _settings(manifest)]
    if len(transfer.datasets) > 1:
        parts += ["## Trained on against evaluated on", table(transfer.columns, transfer.rows, left=2)]
    for comparison in comparisons:
        figure = draw_curves(metrics, comparison.dataset, store.folder / "figures" / f"{comparison.dataset}.png")
        shown, pointer = examples(store, comparison.dataset)
        parts += [f"## {comparison.dataset}", *in_short(certainty[comparison.dataset], metrics.get("tuned", {}).get(comparison.dataset, {}), pointer)]
        parts += [_table(comparison), f"![curves](figures/{figure.name})", _HOW_TO_READ]
        parts += ["### How sure one can be", *markdown(certainty[comparison.dataset])] if certainty[comparison.dataset] else []
        parts += by_alpha(metrics, comparison.dataset)
        parts += study_parts(store, comparison.dataset)
        parts += sensitivity.section(store.studies(), comparison.dataset)
        parts += shown
    if any(certainty.values()):
        store.put_comparison(as_json([table for tables in certainty.values() for table in tables]))
    write_document(store.folder, "report", parts)
    if store.adapter.is_dir():
        (store.adapter / "README.md").write_text(adapter_card(store))  # in place of peft's form to fill in
    return comparisons, transfer


def _settings(manifest: Mapping[str, Any]) -> str:
    named = ("model", "trained_on", "quantization", "lora", "target", "seed", "adapter_hash", "git_commit")
    return "\n".join(f"- {name}: {_plain(manifest[name])}" for name in named if manifest.get(name) is not None)


def _plain(value: Any) -> str:
    """A setting in words.

    >>> _plain({"r": 16, "target_modules": ["q_proj", "v_proj"]})
    'r 16, target_modules q_proj + v_proj'
    """
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_plain(each)}" for name, each in value.items())
    return " + ".join(map(str, value)) if isinstance(value, list) else str(value)


def _table(comparison: Comparison) -> str:
    reasons = [f"- {UNINTERPRETABLE}: {reason}" for reason in comparison.reasons] or ["All gates passed."]
    return "\n".join([table(comparison.columns, [row.cells for row in comparison.rows]), "", *reasons])
