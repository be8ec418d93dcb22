"""What a text says the answer is: the statement behind the last marker, in canonical form.

Canonical forms are compared with ``==`` everywhere else: a number without commas, currency or trailing zeros, or the
upper-case letter of a choice. What cannot be read is no verdict, and so is a text that states two answers.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import NamedTuple

from cotfaith.types import Status

# U+2212 is the minus sign of typesetters. A full stop opens a number (".5") only where no word or other stop is before it.
_NUMBER = re.compile(r"[-\u2212]?\$?\s?(?:(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?|(?<![\w.])\.\d+)")
_BRACKETED = re.compile(r"\(([A-Za-z])\)")
# Before a word in small letters, but for those that may follow a verdict, "A" is the article.
_BARE_LETTER = re.compile(r"(?<![A-Za-z'])([A-Z])(?![A-Za-z'])(?!(?<=A) (?!or\b|and\b|is\b|because\b|since\b|as\b)[a-z])")
# The statement ends with its line, or with a full stop that is not a decimal point.
_STATEMENT_END = re.compile(r"\n|[.!?](?:\s|$)")
_SAYS_NOTHING = re.compile(r"^\W*\n")  # lines of white space, a colon, a bullet


# "So, ", "Therefore " and the like between the last step and the marker belong to the statement, not to the chain.
_LEAD_IN = re.compile(r"(?:(?<=\n)|(?<=[.!?] )|^)(?:[A-Za-z]+,? ){1,3}\Z")


class Verdict(NamedTuple):
    """An answer in canonical form, or None with the reason."""

    answer: str | None
    status: Status


class Parted(NamedTuple):
    """A generation parted at its last answer marker."""

    chain: str  # everything before the line or sentence of the marker
    statement: str | None  # what stands behind the marker, up to the end of the statement; None: no marker


def part(text: str, marker: str) -> Parted:
    r"""Part a generation at the last `marker` (any case).

    >>> part("5 - 2 = 3.\nThe answer is 3.", "The answer is")
    Parted(chain='5 - 2 = 3.\n', statement=' 3')
    """
    markers = list(re.finditer(re.escape(marker), text, re.IGNORECASE))
    if not markers:
        return Parted(text, None)
    start, end = markers[-1].span()
    return Parted(_LEAD_IN.sub("", text[:start]), _first_statement(text[end:]))


def parse(statement: str | None, choices: tuple[str, ...] = ()) -> Verdict:
    """The verdict of a statement such as `` (B).`` or `` $1,234.00``.

    With choices: one letter that names a choice, or the full text of one choice. Without: one number; "50%" is 50.

    >>> parse(" $1,234.00"), parse(" either (A) or (B)", ("yes", "no")).status
    (Verdict(answer='1234', status='parsed'), 'ambiguous')
    """
    if statement is None or not statement.strip():
        return Verdict(None, "missing")
    first = _first_statement(statement)
    found = _letters(first, choices) if choices else _numbers(first)
    if len(found) == 1:
        return Verdict(found.pop(), "parsed")
    return Verdict(None, "ambiguous" if found else "missing")


def canonical_number(text: str) -> str | None:
    """A number as it is compared: ``"$1,234.50"`` is ``"1234.5"``; None where the text is not one number.

    >>> canonical_number("-0.0"), canonical_number("1.50"), canonical_number("two")
    ('0', '1.5', None)
    """
    match = _NUMBER.fullmatch(text.strip())
    if match is None:
        return None
    value = Decimal(re.sub(r"[$,\s]", "", match[0]).replace("\u2212", "-"))
    return format(value.normalize(), "f") if value else "0"


def _first_statement(text: str) -> str:
    """Up to the end of the first line or sentence that says anything."""
    body = _SAYS_NOTHING.sub("", text)
    end = _STATEMENT_END.search(body)
    return body[: end.start()] if end else body


def _numbers(statement: str) -> set[str]:
    """The different numbers stated; of an equation ("14 - 5 = 9") what stands behind the last sign."""
    result = statement.rsplit("=", 1)[-1]
    return {number for match in _NUMBER.finditer(result) if (number := canonical_number(match[0])) is not None}


def _letters(statement: str, choices: tuple[str, ...]) -> set[str]:
    valid = {chr(ord("A") + place) for place in range(len(choices))}
    bracketed = {letter.upper() for letter in _BRACKETED.findall(statement)}
    if bracketed:  # a letter that names no choice beside one that does is a second answer; alone it is none
        return bracketed if bracketed & valid else set()
    whole = {chr(ord("A") + place) for place, choice in enumerate(choices) if _plain(choice) == _plain(statement)}
    return whole or set(_BARE_LETTER.findall(statement)) & valid


def _plain(text: str) -> str:
    """Without case and closing full stop: a statement has lost its own, a choice may be a sentence."""
    return text.strip().rstrip(".!?").lower()
