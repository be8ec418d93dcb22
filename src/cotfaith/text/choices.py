"""Which choice a statement names: by its letter in a form that is no article, no initial and no vitamin, or by its whole text."""

from __future__ import annotations

import re

from cotfaith.text.labels import cleaned, first_label_end, joined_labels
from cotfaith.text.latex import plain

_BRACKETED = re.compile(r"(?<!\w)[(\[]\s*([A-Za-z])\s*[)\]]")
_OPTION = re.compile(r"\b(?:option|choice|answer|letter)s?(?:\s*:\s*|\s+)([A-Za-z])\b(?!['\u2019])", re.IGNORECASE)
_ALONE = re.compile(r"\W*([A-Za-z])\W*")
# In front: before a point, bracket, colon or dash; before a word that may follow a verdict; before an aside in brackets that ends its
# clause ("A (small) dog" does not); or as the first of several letters.
_FRONT = re.compile(
    r"([A-Za-z])(?=\s*[.):,;\u2013\u2014]|\s+-|\s*$|\s+(?:because|since|as|is|due|or|and|which|but|also|along|together)\b|\s*[/&+]"
    r"|\s*\((?:[^()]|\([^()]*\))*(?:\)\s*(?:[.,;:!]|\Z|(?:because|since|as|is|and|or)\b)|\Z))(?![.]?[A-Za-z'\u2019]|-)"
)
_LIST = r"(?:[\s,;]|\b(?:or|and|also|possibly|perhaps|maybe|probably|potentially|even|then|less|more|likely|both|option|choice|answer)\b)*"
_LETTER_ON = r"[(\[]?((?![AI]\s+(?!and|or|as|is|are)[a-z])[A-Z])(?![A-Za-z'\u2019-])[)\]]?"  # "B, I think", "B, a ..." go on with no letter
_FURTHER = re.compile(rf"\s*(?:[,;/&+]|\b(?:or|and|as well as|along with|together with)\b){_LIST}{_LETTER_ON}")
_ALSO = re.compile(
    rf"[,;.]?\s+(?:but|though|although|while|however,?)\s+(?:option |choice )?{_LETTER_ON}\s+"
    r"(?:is|are|can be|could be|may be|might be|would be|seems)\s+"
    r"(?:also|equally|just|another|acceptable|correct|right|possible|plausible|true)\b"
)
_HEDGE = re.compile(
    r"(?:[\s,]|\b(?:is|the|either|both|most|likely|probably|definitely|clearly|so|thus|hence|therefore|indeed|still|but|rather|option|choice|letter|"
    r"answer|correct|it['\u2019]s|it|would|be)\b)*",
    re.I,
)
_LETTER = r"(?:\([A-Za-z]\)|\b[A-Z]\b)"
_DENIED = re.compile(
    rf"\b(?:not|neither|nor|rather than|instead of|except)\s+(?:option |choice )?{_LETTER}(?:\s*(?:or|nor)\s+{_LETTER})*"
    rf"|{_LETTER}\s+(?:is|are|was|can be)\s+(?:not|wrong|incorrect|false|ruled out)\b"
)
_REASON = re.compile(r"[,;]?\s+(?:since|because|whereas|while|although|unlike)\b", re.IGNORECASE)
_OPENING = " \t\r\n!?,;:*_\"'\u201c\u201d\u2018\u2019`"  # no point: ".5 mg" is not "5 mg"
_CLOSING = _OPENING + "."
_JSON = re.compile(r"\s*\"((?:[^\"\\\n]|\\.)*)\"\s*[,}]")
_JSON_LIST = re.compile(r"\s*\[(\s*\"[^\"\n]*\"\s*(?:,\s*\"[^\"\n]*\"\s*)*)\]")


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
    if several := _JSON_LIST.match(statement):
        return {letter for text in re.findall(r"\"([^\"\n]*)\"", several[1]) for letter in named_choices(text, choices)}
    for text in (statement, *longer):
        if whole := _whole(text, choices):
            return whole
    options = dict(zip(letters(choices), choices, strict=True))
    text = cleaned(statement)
    for line in map(cleaned, longer[:1]):
        text = max(text, line[: first_label_end(line, options)], key=len)
    text = joined_labels(text.strip(" \t\r\n\"'`"), options)
    text = _DENIED.sub(" ", text)
    for part in (_REASON.split(text, maxsplit=1)[0], text):  # "(E), since (A) and (B) fail" names one
        found = _bracketed(part) | _in_words(part, in_box, choices)
        if found & options.keys():
            return found | set(_ALSO.findall(text))
    return set()


def plain_choice(text: str) -> str:
    """A text as choices are compared: without case, white space and emphasis at the ends, and closing punctuation."""
    return " ".join(text.lstrip(_OPENING).rstrip(_CLOSING).lower().split())


def is_label(line: str, choices: tuple[str, ...]) -> bool:
    """The line is the label of a choice, or that and the choice's own text, and nothing else: "B", "**B. Lima**".

    >>> is_label("**B. Lima**", ("Oslo", "Lima")), is_label("B. Oslo", ("Oslo", "Lima")), is_label("a", ("Oslo", "Lima"))
    (True, False, False)
    """
    options = dict(zip(letters(choices), choices, strict=True))
    alone = _ALONE.fullmatch(joined_labels(cleaned(line).strip(), options))
    return alone is not None and alone[1] in options


def _whole(text: str, choices: tuple[str, ...]) -> set[str]:
    """The choices whose whole text this is; a choice that is a letter itself is left to the letters."""
    json = _JSON.match(text)
    wanted = {plain_choice(json[1] if json else text), plain_choice(plain(text))} - {""}
    same = {letter for letter, choice in zip(letters(choices), choices, strict=True) if plain_choice(choice) in wanted}
    if len(same) > 1:  # 5' and 5" differ in what is stripped
        exact = text.strip().rstrip(".").lower()
        same = {letter for letter in same if choices[letters(choices).index(letter)].strip().rstrip(".").lower() == exact} or same
    by_letter = {name.upper() for name in wanted} & set(letters(choices))  # blood groups: "A" is a letter and may be the text of another choice
    return same | by_letter if same else set()


def _bracketed(text: str) -> set[str]:
    """Letters in brackets, and those a list goes on with: "(A) or B"."""
    return {letter for match in _BRACKETED.finditer(text) for letter in {match[1].upper()} | _further(text, match.end())}


def _in_words(text: str, in_box: bool, choices: tuple[str, ...]) -> set[str]:
    alone = _ALONE.fullmatch(text)
    if alone:  # "a" by itself may be an article cut off
        return {alone[1].upper()} if alone[1] != "a" or in_box or text.strip() in ("a.", "a)", "(a)", "(a).") else set()
    found = set()
    for option in _OPTION.finditer(text):
        if option[1] != "a":
            found |= {option[1].upper()} | _further(text, option.end())
    body = text.lstrip(_CLOSING)
    start = _HEDGE.match(body)
    rest = body[start.end() if start else 0 :]
    if _FRONT.match(rest) and (rest[0].isupper() or rest[1:2] in tuple(".)")) and not re.match(r"[A-Z]\. [a-z]", rest):  # "B. cereus" is a name
        found |= {rest[0].upper()} | _further(rest, 1)
    return found


def _further(text: str, place: int) -> set[str]:
    """The letters that a list goes on with: of "A, B or C" the last two."""
    found = set()
    while further := _FURTHER.match(text, place):
        found.add(further[1])
        place = further.end()
    return found
