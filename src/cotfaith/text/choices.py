"""Which choice a statement names: by its letter in a form that is no article, no initial and no vitamin, or by its whole text."""

from __future__ import annotations

import re

from cotfaith.text.latex import plain

_BRACKETED = re.compile(r"[(\[]\s*([A-Za-z])\s*[)\]]")
_OPTION = re.compile(r"\b(?:option|choice|answer|letter)s?\s*:?\s*([A-Za-z])\b(?!['\u2019])", re.IGNORECASE)
_ALONE = re.compile(r"\W*([A-Za-z])\W*")
# In front: before a point, bracket, colon or dash; before a word that may follow a verdict; or as the first of several letters.
_FRONT = re.compile(r"([A-Za-z])(?=\s*[.):,;\u2013\u2014]|\s+-|\s*$|\s+(?:because|since|as|is|due|or|and)\b|\s*[/&])(?![.]?[A-Za-z'\u2019]|-)")
_FURTHER = re.compile(r"\s*(?:,|/|&|\bor\b|\band\b|, ?(?:or|and)\b)\s*(?:\(|option )?([A-Z])(?![A-Za-z'\u2019-])")
_HEDGE = re.compile(
    r"(?:\s|\b(?:is|the|either|both|most|likely|probably|definitely|clearly|therefore|indeed|still|option|choice|letter|answer|correct|it|would|be)\b)*",
    re.I,
)
_LETTER = r"(?:\([A-Za-z]\)|\b[A-Z]\b)"
_DENIED = re.compile(
    rf"\b(?:not|neither|nor|rather than|instead of|except)\s+(?:option |choice )?{_LETTER}(?:\s*(?:or|nor)\s+{_LETTER})*"
    rf"|{_LETTER}\s+(?:is|are|was|can be)\s+(?:not|wrong|incorrect|false|ruled out)\b"
)
_REASON = re.compile(r"[,;]?\s+(?:since|because|whereas|while|although|unlike)\b", re.IGNORECASE)
_CLOSING = " \t\r\n.!?,;:*_\"'\u201c\u201d\u2018\u2019`"
_JSON = re.compile(r"\s*\"((?:[^\"\\\n]|\\.)*)\"\s*[,}]")


def letters(choices: tuple[str, ...]) -> list[str]:
    """``["A", "B", ...]``, one for each choice."""
    return [chr(ord("A") + place) for place in range(len(choices))]


def named_choices(statement: str, choices: tuple[str, ...], longer: tuple[str, ...] = (), *, in_box: bool = False) -> set[str]:
    """Letters of the choices named: one is a verdict, several are ambiguous, none is none.

    A letter that names no choice beside one that does counts as a second answer. `longer`: longer cuts of the statement, for choices
    that hold a full stop themselves. `in_box`: where a small "a" is no article.

    >>> named_choices("**B. Lima**", ("Oslo", "Lima")), named_choices("A good question", ("Oslo", "Lima"))
    ({'B'}, set())
    """
    for text in (statement, *longer):
        if whole := _whole(text, choices):
            return whole
    text = _DENIED.sub(" ", plain(statement).replace("**", "").replace("__", "").strip("\"'`"))
    valid = set(letters(choices))
    for part in (_REASON.split(text, maxsplit=1)[0], text):  # "(E), since (A) and (B) fail" names one
        found = {letter.upper() for letter in _BRACKETED.findall(part)} or _in_words(part, in_box, choices)
        if found & valid:
            return found | _contradicted(part, found, choices)
    return set()


def plain_choice(text: str) -> str:
    """A text as choices are compared: without case, white space at the ends, closing punctuation and emphasis."""
    return " ".join(text.strip(_CLOSING).lower().split())


def _whole(text: str, choices: tuple[str, ...]) -> set[str]:
    """The choices whose whole text this is; a choice that is a letter itself is left to the letters."""
    json = _JSON.match(text)
    wanted = {plain_choice(json[1] if json else text), plain_choice(plain(text))} - {""}
    same = {letter for letter, choice in zip(letters(choices), choices, strict=True) if plain_choice(choice) in wanted}
    by_letter = {name.upper() for name in wanted} & set(letters(choices))  # blood groups: "A" is a letter and may be the text of another choice
    return same | by_letter if same else set()


def _in_words(text: str, in_box: bool, choices: tuple[str, ...]) -> set[str]:
    alone = _ALONE.fullmatch(text)
    if alone:  # "a" by itself may be an article cut off
        return {alone[1].upper()} if alone[1] != "a" or in_box or text.strip() in ("a.", "a)") else set()
    found = set()
    for option in _OPTION.finditer(text):
        if option[1] != "a":
            found |= {option[1].upper()} | _further(text, option.end())
    body = text.lstrip(_CLOSING)
    start = _HEDGE.match(body)
    rest = body[start.end() if start else 0 :]
    if _FRONT.match(rest) and (rest[0].isupper() or rest[1:2] in tuple(".)")) and not _initial(rest, choices):
        found |= {rest[0].upper()} | _further(rest, 1)
    elif rest[:1].isupper() and _labels(rest, choices):
        found.add(rest[0])
    return found


def _further(text: str, place: int) -> set[str]:
    """The letters that a list goes on with: of "A, B or C" the last two."""
    found = set()
    while further := _FURTHER.match(text, place):
        found.add(further[1])
        place = further.end()
    return found


def _initial(text: str, choices: tuple[str, ...]) -> bool:
    """ "B. cereus" is a name; "B. aspirin" names a choice only where that is its text."""
    return bool(re.match(r"[A-Z]\. [a-z]", text)) and not _labels(text, choices)


def _labels(text: str, choices: tuple[str, ...]) -> bool:
    """A letter followed by the text of its own choice."""
    own = dict(zip(letters(choices), choices, strict=True)).get(text[0])
    return own is not None and text[1:2] in tuple(" .:)") and plain_choice(text[1:].lstrip(".:) ")).startswith(plain_choice(own))


def _contradicted(text: str, found: set[str], choices: tuple[str, ...]) -> set[str]:
    """The other choice whose whole text stands behind the letter: "(B) Oslo" where Oslo is A."""
    behind = re.split(r"^.*?[(\[]?\b[A-Za-z][)\].:,]+\s*", text, maxsplit=1)[-1]
    others = _whole(behind, choices) if behind != text else set()
    return set() if others & found else others
