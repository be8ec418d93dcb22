"""What a statement says the answer is, in canonical form; the one place that decides.

Canonical forms are compared with ``==`` everywhere else: a number, a formula, or the upper-case letter of a choice. What cannot be read is
no verdict, and so is a statement of two answers. Where the statement stands in a generation is for `text.generations`.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from cotfaith.text.choices import named_choices
from cotfaith.text.conclusions import stated_numbers
from cotfaith.text.latex import boxed
from cotfaith.text.numbers import canonical_number
from cotfaith.text.sentences import ends_sentence
from cotfaith.text.symbols import canonical_formula, is_formula
from cotfaith.text.words import spelled_number
from cotfaith.types import Status

# Lines of white space and marks, a fence, a line that only announces ("as follows:").
_SAYS_NOTHING = re.compile(r"\A(?:\W*\n|\s*```\w*[ \t]*\n|[^\n\d]{0,200}:[ \t*_]*\n(?=\s*\S))*")
_STATEMENT_END = re.compile(r"\n|[.!?](?=\s|\Z)")
_REFUSES = re.compile(
    r"\b(?:can ?not|can['\u2019]t|could not|unable to|impossible to|not possible to|do(?:es)? not know|don['\u2019]t know)"
    r"(?: be)? (?:answer|determine|solve|say|tell|calculate|compute|find|know|provide|give|help|assist|decide|conclude)"
    r"|\bI (?:do not|don['\u2019]t) know\b|\b(?:not enough|insufficient|no sufficient|not sufficient) information\b"
    r"|\bno (?:definite |unique |single |possible )?(?:answer|solution)\b|\bunanswerable\b"
    r"|\A\W*(?:is |still )?(?:unknown|undetermined|indeterminate|impossible|not (?:known|given|possible|determinable))\W*\Z",
    re.IGNORECASE,
)
_LONGEST = 2000  # characters of a statement that are read
_MATH = re.compile(r"\$([^$\n]{1,200})\$|\\\(([^\n]{1,200}?)\\\)")


class Verdict(NamedTuple):
    """An answer in canonical form, or None with the reason."""

    answer: str | None
    status: Status


def parse(statement: str | None, choices: tuple[str, ...] = ()) -> Verdict:
    """The verdict of a statement such as `` (B).`` or `` $1,234.00``; of a longer text its first statement is read.

    With choices: a letter that names a choice, or the full text of one. Without: a number ("50%" is 50) or a formula.

    >>> parse(" $1,234.00"), parse(" either (A) or (B)", ("yes", "no")).status
    (Verdict(answer='1234', status='parsed'), 'ambiguous')
    """
    if statement is None or not statement.strip():
        return Verdict(None, "missing")
    body = _SAYS_NOTHING.sub("", statement.lstrip()[:_LONGEST])
    first = body[: _end(body)]
    boxes = boxed(first)
    if choices:
        longer = () if boxes else (body.lstrip().split("\n", 1)[0], body)
        found = {letter for piece in boxes or [first] for letter in named_choices(piece, choices, longer, in_box=bool(boxes))}
    elif _REFUSES.search(first):
        found = set()
    else:
        found = {answer for piece in boxes or [first] for answer in _free_answers(piece, in_box=bool(boxes))}
    if len(found) == 1:
        return Verdict(found.pop(), "parsed")
    if found:
        return Verdict(None, "ambiguous")
    return Verdict(None, "refused" if _REFUSES.search(first) else "missing")


def canonical_answer(text: str) -> str | None:
    r"""A free gold answer as it is compared: a number, else a formula; None where the text is neither.

    >>> canonical_answer("1,234"), canonical_answer(r"\frac{1}{2}"), canonical_answer(r"1+\sqrt{8}"), canonical_answer("Lima")
    ('1234', '0.5', '1 + 2*sqrt(2)', None)
    """
    return canonical_number(text) or canonical_formula(text, in_math=True)


def refuses(text: str) -> bool:
    """The text says that the question cannot be answered."""
    return _REFUSES.search(text) is not None


def _free_answers(statement: str, *, in_box: bool) -> set[str]:
    bare = statement.replace("**", "").strip().rstrip(".")
    if canonical_number(bare) is None:
        maths = [first or second for first, second in _MATH.findall(bare)]
        formula = canonical_formula(bare, in_math=in_box) or (canonical_formula(maths[0], in_math=True) if len(maths) == 1 else None)
        if formula is not None:
            return {formula}
        if is_formula(bare, in_math=in_box) or (len(maths) == 1 and is_formula(maths[0], in_math=True)):
            return set()  # too large, or not understood: no number in it is the answer
    spelled = spelled_number(statement)
    stated = stated_numbers(statement) or ({spelled} if spelled else set())
    return set() if stated == {""} else stated  # "3x" is no number, and makes "3x or 4" ambiguous


def _end(text: str) -> int:
    """The end of the first line or sentence; a decimal point or an abbreviation ends none."""
    for match in _STATEMENT_END.finditer(text):
        if match[0] not in (".", "!") or match.end() == len(text) or _closes(text, match.start()):
            return match.end() if text[match.start() - 1 : match.start()] == "!" else match.start()  # "5!." is a factorial
    return len(text)


def _closes(text: str, stop: int) -> bool:
    behind = re.compile(r"\s*").match(text, stop + 1)
    letter = re.fullmatch(r"\W*[A-Za-z]", text[:stop])  # "B. Lima": a label, and the statement goes on
    return letter is None and ends_sentence(text, stop, behind.end() if behind else stop + 1)
