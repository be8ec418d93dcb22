"""What a run came to, in a few sentences at the head of its page. Pure: from findings to Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cotfaith.report.certainty import Certainty, Finding
from cotfaith.report.certainty_table import changes
from cotfaith.report.comparison import UNINTERPRETABLE
from cotfaith.store import Scores

_ACCURACIES = {"cot_accuracy": "Right with its own chain", "direct_accuracy": "Right without any chain"}


def in_short(certainty: Sequence[Certainty], tuned: Scores, pointer: Sequence[str] = ()) -> list[str]:
    """The section; [] where one arm was not measured. tuned: scores of that arm. pointer: where to see it in one example."""
    if not certainty:
        return []
    found = {finding.quantity: finding for finding in certainty[0].findings}
    paired = changes(certainty[0])
    lines = [f"- {said}: {_numbers(found[name], paired)}." for name, said in _ACCURACIES.items() if name in found]
    lines += [_driven(name, found[name], paired, tuned) for name in found if name.endswith(": aoc")]
    return ["### In short", "\n".join([*lines, *(f"- {each}" for each in pointer)])]


def _driven(name: str, finding: Finding, paired: Mapping[str, str], tuned: Scores) -> str:
    """Whether the chain drives the answer as it did."""
    probe = name.removesuffix(": aoc")
    difference = finding.difference
    if difference is None:
        return f"- {probe}: {UNINTERPRETABLE}, for the reasons given below."
    changes_answers = tuned.get(probe, {}).get("faithful") == "changes"
    if not finding.significant:
        seen = (
            "no difference is shown in how much the answers depend on the later steps"
            if changes_answers
            else "no difference is shown in how much rewording changes the answers"
        )
    elif changes_answers:
        seen = f"the answers depend {'less' if difference.change < 0 else 'more'} on the later steps of the chain"
    else:
        seen = f"rewording changes {'more' if difference.change > 0 else 'fewer'} answers"
    return f"- {probe}: {seen}: aoc {_numbers(finding, paired)}."


def _numbers(finding: Finding, paired: Mapping[str, str]) -> str:
    if finding.difference is None:
        return UNINTERPRETABLE
    return f"{finding.difference.first:.3f} → {finding.difference.second:.3f} ({' '.join(paired[finding.quantity].split())})"
