"""Which number a statement states, where it holds several: the statement decides, or it is ambiguous.

What decides, in this order: bold type, the right side of the last "=", and the place of a number in its phrase: behind "per", "than" or
"out of", in brackets or before a hyphen ("a 3-mile walk") a number belongs to another one. Nothing is chosen for standing first or last.
"""

from __future__ import annotations

import re

from cotfaith.text.latex import plain
from cotfaith.text.numbers import Number, numbers

_BOLD = re.compile(r"\*\*([^*\n]{1,200})\*\*|__([^_\n]{1,200})__")
_EQUALS = re.compile(r"=|\b(?:equals|(?:is|are) equal to|which (?:are|is|equals|makes|gives))\b|\u2192")
_TURNED = re.compile(r"\W*[\d.,]+[^\d=]*=[^\d=]*[A-Za-z][^\d=]*")  # "12 = x"
# "60 minutes, which is 1 hour" states 60 and says it again; "20% of 50, which is 10" and "5 plus 3, which is 8" state the result.
_RESTATED = re.compile(r",?\s+which (?:are|is|equals)\b")
_COMPUTED = re.compile(
    r"%\s?of|/\d+ of|\b(?:half|third|quarter|percent|times|twice|double|triple|more|less|fewer|plus|minus|divided|dozens?)\b|=\s*\Z", re.I
)
# "which is 2 times as many" compares, and states nothing.
_COMPARED = re.compile(
    r"(?:,?\s+which (?:are|is|equals|makes|gives)|\s*\u2192)\s[^.;]{0,40}?\d\s?(?:times|more|less|fewer|%\s(?:more|less|of)|percent|out of)\b", re.I
)
# "x = 5 and y = 3" states two numbers, "2x = 10, so x = 5" one.
_ASSIGNMENTS = re.compile(r"(?<![\w+*/^)-])[A-Za-z]\s*=\s*-?\$?[\d.,/]+\$?\s*(?:,|;|\band\b|\bor\b)[\s$]*[A-Za-z]\s*=\Z")
# "Since a class has 1 hour, he spends 160": an opening phrase states nothing; ", so he spends 160": what follows states all.
_OPENING = re.compile(r"\W*(?:since|because|if|as|when|after|given|for|in|at|with|by|over|to)\b(?:[^,\n]|,(?=\d)){1,200},\s", re.IGNORECASE)
_REASON = re.compile(r"(?<=\w)[*)%$]*,?\s+(?:since|because)\b", re.IGNORECASE)  # "5, because she had 8 and gave 3"
_RESULT = re.compile(r"(?:[,;]|\band)\s+(?:so|therefore|thus|hence|which means|meaning)\b", re.IGNORECASE)
_OPERATOR = re.compile(r"\s*(?:[A-Za-z$%\u20ac\u00a3]{0,12}\s)?\s*(?:[-+/\u00f7\u00d7^]|\*(?!\*)|x(?=\s[\d$]))\s*[\d$(.]")
_CONJUNCTION = re.compile(r"[,;:\u2014]|\b(?:and|or|so|then|but)\b")
_DENIED = re.compile(r"\b(?:not|n't|rather than|instead of)\s+(?:\w+\s+)?[$(]?\Z", re.IGNORECASE)
_PART = re.compile(
    r"(?:\b(?:per|every|each|than|out of|of (?:the|these|those|his|her|their|its|all)(?: \w+)?|[A-Za-z]+\s?/)\s*(?:the\s|about\s)?)[$]?\Z",
    re.IGNORECASE,
)
# "10 + John's age" and "20 * (1.01)^36" are no numbers yet.
_UNFINISHED = re.compile(r"\s*[+*]\s*[A-Za-z(]")
_UNFINISHED_BEFORE = re.compile(r"[A-Za-z)]\s*[+*]\s*\Z")
_COMPOUND = re.compile(r"-[A-Za-z]|\s?[ap]\.?m\b", re.IGNORECASE)
_BRACKETS = re.compile(r"\([^()\n]*\)")


def stated_numbers(statement: str) -> set[str]:
    """The different numbers a statement states, canonical: one where it decides, several where it does not, none where it holds none.

    >>> sorted(stated_numbers("So 40 + 20 = 60 minutes for the 3-mile walk")), sorted(stated_numbers("3 or 4"))
    (['60'], ['3', '4'])
    """
    text = plain(statement)
    bold = {number for match in _BOLD.finditer(text) for number in _stated(match[1] or match[2])}
    return bold if len(bold) == 1 else _stated(text.replace("**", " "))


def _stated(text: str) -> set[str]:
    """Of the clause that concludes, where it holds a number, else of the whole."""
    if reason := _REASON.search(text):
        head = _of_equation(text[: reason.start()])
        if head:
            return head
    results = list(_RESULT.finditer(text))
    opening = _OPENING.match(text)
    for start in (results[-1].end() if results else 0, opening.end() if opening else 0):
        if start and (found := _of_equation(text[start:])):
            return found
    return _of_equation(text)


def _of_equation(text: str) -> set[str]:
    """Of an equation the number right behind the last sign, and what a further clause adds to it; else all that weigh most."""
    text = text[: _restatement(text)]
    signs = [(match.start(), match.end()) for match in _EQUALS.finditer(text)]
    found = list(numbers(text))
    if not signs or _TURNED.fullmatch(text):
        return _weightiest(text, found)
    right = [number for number in found if number.start >= signs[-1][1]]
    if not right:  # "= -x", "= 2:00 pm"
        return set()
    result, *rest = right
    others = {number.value for number in found if number.start < signs[-1][0]} if _ASSIGNMENTS.search(text[: signs[-1][1]]) else set()
    if _CONJUNCTION.search(text, signs[-1][1], result.start) or _OPERATOR.match(text, result.end):
        return _weightiest(text, [result, *rest])
    clause = _CONJUNCTION.search(text, result.end)
    return {result.value} | others | {number.value for number in rest if clause and number.start >= clause.start() and _weight(text, number) == 2}


def _restatement(text: str) -> int:
    """Where a clause with "which is" starts that compares, or says one stated number again in another unit; else the end."""
    if (compared := _COMPARED.search(text)) and any(numbers(text[: compared.start()])):
        return compared.start()
    again = _RESTATED.search(text)
    before = text[: again.start()] if again else ""
    return len(before) if len(list(numbers(before))) == 1 and not _COMPUTED.search(before) else len(text)


def _weightiest(text: str, found: list[Number]) -> set[str]:
    if any(_UNFINISHED.match(text, number.end) or _UNFINISHED_BEFORE.search(text[max(0, number.start - 9) : number.start]) for number in found):
        return set()
    weights = [_weight(text, number) for number in found]
    heaviest = max((weight for weight in weights if weight), default=None)
    stated = [number for number, weight in zip(found, weights, strict=True) if weight == heaviest]
    sums = {""} if len(stated) > 1 and any(_OPERATOR.match(text, number.end) for number in stated) else set()  # "5 + 5" does not state 5
    return {number.value for number in stated} | sums


def _weight(text: str, number: Number) -> int:
    """2: stated; 1: part of a phrase about something else; 0: denied."""
    before = text[max(0, number.start - 40) : number.start]
    if _DENIED.search(before):
        return 0
    part = not number.bare or _COMPOUND.match(text, number.end) or _PART.search(before)
    return 1 if part or any(match.start() < number.start < match.end() for match in _BRACKETS.finditer(text)) else 2
