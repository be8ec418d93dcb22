"""An inspected example as text: side by side for the terminal, as a section of a page, and the list of those that changed most."""

from __future__ import annotations

from collections.abc import Sequence

from cotfaith.engine.evaluation import AGAIN, DIRECT
from cotfaith.report.document import anchor, table, verbatim
from cotfaith.report.inspection import ARMS, Changed, Inspection, Record, Told
from cotfaith.types import Arm


def side_by_side(found: Inspection) -> tuple[list[str], list[list[str]]]:
    """Columns and rows: the chains with their steps numbered, the answers, then every reading with the chain that it was read from."""
    arms = [arm for arm in ARMS if arm in found.arms]
    told = [found.arms[arm] for arm in arms]
    rows = [["its own chain", *(_numbered(each.rollout["chain"]) for each in told)], ["its own answer", *(_own(each) for each in told)]]
    keys = _keys(told)
    return ["", *arms], rows + [[_label(*key), *(_read(each, key) for each in told)] for key in keys]


def header(found: Inspection) -> str:
    """The question with its choices and the gold answer."""
    choices = [f"({chr(ord('A') + place)}) {choice}" for place, choice in enumerate(found.example["choices"])]
    return "\n".join([found.example["question"], *choices, f"gold answer: {found.example['gold_answer']}"])


def changed_table(changed: Sequence[Changed], inspected: Sequence[Inspection]) -> str:
    """The examples that changed most, each with a link to its section."""
    rows = [(f"[{each.uid}](#{anchor(each.uid)})", _answers(found), f"{each.change:+.3f}") for each, found in zip(changed, inspected, strict=True)]
    return table(("example", "gold / base / tuned answer", "mean change of aoc"), rows, left=2)


def section(found: Inspection) -> list[str]:
    """One example as parts of a page: question, both chains, and the answer of every reading; `inspect` shows the disturbed chains too."""
    parts = [f"#### {found.example['uid']}", verbatim(header(found))]
    for arm, told in found.arms.items():
        parts += [f"**{arm}** wrote, and answered {told.rollout['answer']}:", verbatim(_numbered(told.rollout["chain"]))]
    return [*parts, _answers_table(found)]


def _answers_table(found: Inspection) -> str:
    keys = _keys(list(found.arms.values()))
    rows = [(_label(*key), *(_answer(told, key) for told in found.arms.values())) for key in keys]
    return table(("the answer read, bold where it is no longer its own", *found.arms), rows)


def _answer(told: Told, key: tuple[str, float]) -> str:
    reading = _find(told, key)
    if reading is None:
        return "-"
    return str(reading["answer"]) if reading["answer"] == told.rollout["answer"] else f"**{reading['answer']}**"


def _read(told: Told, key: tuple[str, float]) -> str:
    """The chain that was read, and what came of it."""
    reading = _find(told, key)
    if reading is None:
        return "-"
    chain = "(the chain itself)" if reading["chain"] == told.rollout["chain"] else _numbered(reading["chain"])
    return f"{chain}\n=> {reading['answer']} ({'its own' if reading['answer'] == told.rollout['answer'] else 'changed'})"


def _find(told: Told, key: tuple[str, float]) -> Record | None:
    return next((reading for reading in told.readings if _key(reading) == key), None)


def _key(reading: Record) -> tuple[str, float]:
    return reading["probe"], reading["alpha"]


def _keys(told: Sequence[Told]) -> list[tuple[str, float]]:
    """Of all readings: probes as they were asked, alphas ascending."""
    found = dict.fromkeys(_key(reading) for each in told for reading in each.readings)
    asked = list(dict.fromkeys(probe for probe, _ in found))
    return sorted(found, key=lambda key: (asked.index(key[0]), key[1]))


def _label(probe: str, alpha: float) -> str:
    if probe == AGAIN:
        return "the whole chain once more, in another batch"
    return "no chain, answer at once" if probe == DIRECT else f"{probe}, alpha {alpha:.3g}"


def _own(told: Told) -> str:
    rollout = told.rollout
    verdict = "right" if rollout["correct"] else "wrong"
    return f"{rollout['answer']} ({verdict}, {rollout['parse']}, finish {rollout['finish']}, {rollout['tokens']} tokens)"


def _answers(found: Inspection) -> str:
    answers: dict[Arm, str] = {arm: str(told.rollout["answer"]) for arm, told in found.arms.items()}
    return " / ".join([found.example["gold_answer"], *answers.values()])


def _numbered(chain: Sequence[str]) -> str:
    return "\n".join(f"{place}. {step.strip()}" for place, step in enumerate(chain, 1)) or "(no step)"
