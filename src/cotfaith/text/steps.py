"""A chain's text as steps, without loss: ``"".join(split_steps(text)) == text``.

Steps are lines; a chain of one paragraph is split into sentences. Every step keeps the white space behind it.
"""

from __future__ import annotations

import re

from cotfaith.types import Chain

_LINE = re.compile(r"[^\n]*\n+|[^\n]+$")
# A sentence ends at . ! or ? before white space and a capital, digit or bracket. A full stop inside a number, behind a
# list number ("1.") or behind one of the usual abbreviations ends nothing.
_SENTENCE_END = re.compile(
    r"(?<!\b[A-Za-z])(?<!\bMr)(?<!\bMs)(?<!\bDr)(?<!\bSt)(?<!\bvs)(?<!\bMrs)(?<!\betc)(?<!\be\.g)(?<!\bi\.e)(?<!^\d)(?<!^\d\d)"
    r"[.!?][\"')\]]*\s+(?=[\"'(\[]?[A-Z0-9$])"
)
_MARK = re.compile(r"\s*(?:\d{1,2}[.)]|[-*\u2022])\s*")  # a list number or a bullet, alone


def split_steps(text: str) -> Chain:
    r"""Lines, or sentences where the text is one paragraph; white space alone is no step.

    >>> split_steps("It costs $1.50. Two cost $3.")
    ('It costs $1.50. ', 'Two cost $3.')
    """
    lines = _LINE.findall(text)
    return _attach(lines if len([line for line in lines if line.strip()]) > 1 else _sentences(text))


def _sentences(text: str) -> list[str]:
    ends = [match.end() for match in _SENTENCE_END.finditer(text)]
    return [text[start:end] for start, end in zip([0, *ends], [*ends, len(text)], strict=True)]


def _attach(pieces: list[str]) -> Chain:
    """A list number or bullet belongs to the step behind it; a blank piece to the one before, where there is one."""
    steps: list[str] = []
    lead = ""
    for piece in pieces:
        if _MARK.fullmatch(piece) or (not piece.strip() and (lead or not steps)):
            lead += piece
        elif piece.strip():
            steps.append(lead + piece)
            lead = ""
        else:
            steps[-1] += piece
    if steps:
        steps[-1] += lead
    return tuple(steps) or ((lead,) if lead.strip() else ())
