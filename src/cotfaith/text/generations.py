"""A whole generation read: the chain, the statement of the answer, and the verdict on it.

Which words mark an answer is decided here, and what a statement says in `text.answers`. Thinking between tags is the chain, and the answer
is then read behind it.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from cotfaith.text.answers import Verdict, parse, refuses
from cotfaith.text.choices import is_label, plain_choice
from cotfaith.text.latex import plain
from cotfaith.text.markers import Mark, cue_marks, usual_marks
from cotfaith.text.numbers import numbers
from cotfaith.text.steps import split_statements

_THOUGHT = re.compile(r"</think(?:ing)?>", re.IGNORECASE)
_THINKS = re.compile(r"<think(?:ing)?>[ \t]*\n?", re.IGNORECASE)
_LABEL = re.compile(r"\A\s*(?:[-*\u2022]\s+|\(?\d{1,3}[.)]\s+|(?:step|case|part)\s+\d{1,3}[.:)]\s*)(?=\S)", re.IGNORECASE)
_READ = 2000  # characters of a sentence; longer ones are none
# Behind a marker that says nothing an earlier one counts ("The answer is 5. I hope the answer is clear."), unless it takes that back.
_DENIES = re.compile(r"\b(?:not|no|none|neither|wrong|incorrect|mistaken)\b", re.IGNORECASE)
_UNMISTAKABLE = re.compile(
    r"[(\[][A-Za-z][)\]]|\b(?i:option|choice)\s+[A-Za-z]\b|\*\*[A-Za-z]\b|\A[\W_]*[A-Z](?:[\W_]*\Z|[.)]\s)"
    r"|\A\W*(?:(?i:so|therefore|thus|hence|clearly),?\s+){0,3}[A-Z]\s+is\s+(?:indeed\s+|clearly\s+)?(?:the\s+)?(?:correct|right|best|answer|most\s+[a-z]+)\b"
)
# "A: Oslo", "B. Lima": a reply with labels of two choices goes through the options.
_OTHER_LABEL = re.compile(r"^[\s*_#(>\[-]*([A-Z])[*_]*[.):\]](?=\s)", re.MULTILINE)


class Generation(NamedTuple):
    """What a model wrote, in parts: ``opening + chain + ending`` is the text."""

    opening: str  # up to and with a thinking tag; mostly ""
    chain: str  # the reasoning, up to the sentence or line that states the answer
    ending: str
    statement: str | None  # what says the answer, a part of the ending; None: nothing does
    verdict: Verdict


def read_answer(text: str, cue: str, choices: tuple[str, ...] = (), *, finished: bool = True) -> Generation:
    r"""Read a generation: behind the last `cue`, else behind the last usual marker, else in its concluding statement.

    finished: False for a text cut off by its limit, which has concluded nothing: it has an answer only behind a marker.

    >>> read_answer("5 - 2 = 3.\nThe answer is 3.", "The answer is")[1:]
    ('5 - 2 = 3.\n', 'The answer is 3.', ' 3.', Verdict(answer='3', status='parsed'))
    """
    opens = _THINKS.search(text)
    closes = list(_THOUGHT.finditer(text))
    if opens and (not closes or closes[-1].start() < opens.start()):
        return Generation(text[: opens.end()], text[opens.end() :], "", None, Verdict(None, "missing"))
    start = closes[-1].end() if closes else 0
    cut, statement, verdict = _read(text, start, cue, choices, finished)
    if closes:
        begin = opens.end() if opens else 0
        return Generation(text[:begin], text[begin : closes[-1].start()], text[closes[-1].start() :], statement, verdict)
    return Generation("", text[:cut], text[cut:], statement, verdict)


def _read(text: str, start: int, cue: str, choices: tuple[str, ...], finished: bool) -> tuple[int, str | None, Verdict]:
    """Where the statement's sentence starts, the statement, the verdict."""
    silent: list[Mark] = []
    for marks in (cue_marks(text, start, cue), usual_marks(text, start, turns=not choices)):
        for mark in reversed(marks):
            verdict = parse(mark.statement, choices)
            if verdict.status != "missing" or not mark.statement.strip() or _DENIES.search(mark.statement, 0, 80):
                return mark.cut, mark.statement, verdict
        silent = marks[-1:] or silent
    if silent:
        return silent[0].cut, silent[0].statement, Verdict(None, "missing")
    if not finished:
        return len(text), None, Verdict(None, "missing")
    return _concluding(text, start, choices)


def _concluding(text: str, start: int, choices: tuple[str, ...]) -> tuple[int, str | None, Verdict]:
    """Without a marker: the last sentence with a number, or a choice named unmistakably in the last one or alone on the first line."""
    cut = len(text)
    for piece in reversed(split_statements(text[start:])):
        cut -= len(piece)
        statement = _LABEL.sub("", piece[:_READ], count=1).replace("\n", " ")
        if not piece.strip():
            continue
        if choices or refuses(piece):
            verdict = parse(statement, choices)
            plain_form = verdict.status == "refused" or _UNMISTAKABLE.search(statement) or plain_choice(statement) in map(plain_choice, choices)
            return (cut, piece, verdict) if plain_form and verdict.status != "missing" else _opening(text, start, choices)
        if any(numbers(plain(statement))):
            return cut, piece, parse(statement)
    return len(text), None, Verdict(None, "missing")


def _opening(text: str, start: int, choices: tuple[str, ...]) -> tuple[int, str | None, Verdict]:
    """A reply that opens with a label on a line of its own and explains it: "**B. Lima**", blank, "It lies ..."; no list of options."""
    line = text[start:].lstrip()[:_READ].split("\n", 1)[0]
    if not choices or not is_label(line, choices):
        return len(text), None, Verdict(None, "missing")
    verdict = parse(line, choices)
    others = {match[1] for match in _OTHER_LABEL.finditer(text, text.index(line, start) + len(line))} - {verdict.answer}
    return (start, line, verdict) if verdict.answer and not others else (len(text), None, Verdict(None, "missing"))
