"""Labels with the text of an option behind them: "B. Vitamin B12", "B (Vitamin B12)", "B, which is Vitamin B12".

Such a pair names one choice where the text is the label's own, and two where it is another's. Knows the options; which of the letters
left are meant is for `text.choices`.
"""

from __future__ import annotations

import re
from functools import lru_cache

from cotfaith.text.latex import plain

_EMPHASIS = re.compile(r"\*\*|(?<!\w)_+|_+(?!\w)")
# A bare capital is a label only behind words that lead to one: not in "hepatitis B (acute)".
_LEADS = re.compile(
    r"(?:\A|[,;:&/+(\"'\u201c>-]|\b(?:and|or|nor|not|neither|both|either|also|is|are|was|be|it['\u2019]s|option|choice|answer|letter|likely|possibly|"
    r"probably|perhaps|as|but|than|of|so|therefore|thus|hence|choose|pick|select|with))[\s*_\"'(]*\Z",
    re.IGNORECASE,
)
_LABEL = re.compile(r"(?<![\w'\u2019-])(?:[(\[]\s*(?P<inner>[A-Za-z])\s*[)\]]|(?P<bare>[A-Z])(?![\w'\u2019]))")
_BETWEEN = r"(?P<between>(?:[\s.):,=(\[\"'\u201c\u2013\u2014-]|\b(?:which is|namely|that is|meaning|i\.e\.)){0,40})"
_CLAUSE_END = re.compile(r"\s*(?:[)\].,;:!?\"'\u201d]|\Z|(?:and|or)\b)")


def cleaned(text: str) -> str:
    """A statement or an option without LaTeX and emphasis, as both are compared."""
    return _EMPHASIS.sub("", plain(text))


def joined_labels(text: str, options: dict[str, str]) -> str:
    """A cleaned text with each label and the option's text behind it as the bare label; of two different options both labels.

    >>> joined_labels("A. Oslo and B (Lima)", {"A": "Oslo", "B": "Lima"}), joined_labels("A - Lima", {"A": "Oslo", "B": "Lima"})
    ('(A) and (B)', '(A) (B)')
    """
    parts, place = [], 0
    while label := _LABEL.search(text, place):
        end, names = _behind(text, label, options)
        parts += [text[place : label.start()], *([" ".join(f"({name})" for name in names)] if names else [text[label.start() : end]])]
        place = end
    return "".join(parts) + text[place:]


def first_label_end(text: str, options: dict[str, str]) -> int:
    """Where the first label ends together with an option's text, which may hold full stops itself; 0 where no text follows it."""
    label = _LABEL.search(text)
    end, names = _behind(text, label, options) if label else (0, [])
    return end if names else 0


def _behind(text: str, label: re.Match[str], options: dict[str, str]) -> tuple[int, list[str]]:
    """The end of the option's text behind a label and the letters it makes; of several texts that stand there the longest."""
    letter = (label["inner"] or label["bare"]).upper()
    if letter not in options or not (label["inner"] or _LEADS.search(text, max(0, label.start() - 30), label.start())):
        return label.end(), []
    best, names, longest = label.end(), list[str](), 0
    for name in (letter, *(other for other in options if other != letter)):  # the label's own first: of equal texts it wins
        pattern = _pattern(options[name])
        match = pattern.match(text, label.end()) if pattern else None
        if match is None or len(match["text"]) <= longest:
            continue
        if name != letter and not _contradicts(text, label, match):
            continue
        closes = re.compile(r"[.\s]*[)\]]").match(text, match.end("text")) if re.search(r"[(\[]", match["between"]) else None
        best, names, longest = closes.end() if closes else match.end("text"), sorted({letter, name}), len(match["text"])
    return best, names


def _contradicts(text: str, label: re.Match[str], match: re.Match[str]) -> bool:
    """Another option's text ends its clause and is set off; of one character it may be a label itself: "A (B)"."""
    letter = len(match["text"]) == 1 and match["text"].isalpha()
    return not letter and bool((label["inner"] or match["between"].strip()) and _CLAUSE_END.match(text, match.end("text")))


@lru_cache(maxsize=4096)
def _pattern(option: str) -> re.Pattern[str] | None:
    bare = cleaned(option).strip(' \t\r\n"\u201c\u201d').rstrip(" .")
    if not bare:
        return None
    words = r"\s+".join(re.escape(word) for word in bare.split())
    apart = r"(?<![.\u2212$\w-])" if bare[0].isdigit() else r"(?<!\w)" if bare[0].isalnum() else ""
    after = r"(?![\w%])(?![.,/]\d)" if bare[-1].isalnum() else ""
    return re.compile(rf"{_BETWEEN}{apart}(?P<text>{words}){after}", re.IGNORECASE)
