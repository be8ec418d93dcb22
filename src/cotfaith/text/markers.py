r"""Where a generation marks its answer: the run's own cue, and the usual words (``####``, ``\boxed{``, "the answer is", "Final answer:").

Knows words and places only; what stands behind a marker is read by `text.answers`.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import NamedTuple

from cotfaith.text.steps import split_statements

_USUAL = re.compile(
    r"(?P<hash>#{4,}[ \t]*(?=\S)(?!\d{1,2}[.)]\s+[A-Z*]|(?:step|part|case)\b))"  # a heading of fourth rank is no answer
    r"|(?P<box>\\f?boxed\s*\{)"
    r"|(?P<field>[\"'](?:(?:final|correct|best|selected|chosen|predicted)[_ ]?)?(?:answer|choice|option)"
    r"(?:[_ ]?(?:choice|option|letter))?[\"']\s*:\s*)"
    r"|(?P<tag><answer>\s*)"
    r"|\b(?:answers?(?:\s(?:choice|option))?|(?:correct|right|best|(?:most|best)\s[a-z]+)\s(?:option|choice|response))\b[*_]*"
    r"(?:\s(?:to|of|for|among|from|here)\b[^.:\n]{0,60}?)?(?:\s(?:is|are|was|would be|must be|should be|will be)\b|(?P<colon>\s?[:=]))[ \t]*:?[*_]*"
    r"|\bfinal answer\b[ \t*_]*(?=\n)",
    re.IGNORECASE,
)
_TURN = re.compile(r"^[ \t]*A:[ \t]*", re.MULTILINE)  # "A: 72"; among choices it would be a letter
# Among choices: "I would choose B", "the most likely diagnosis is D." A letter that closes its clause or opens a label, and no article.
_CHOOSES = re.compile(
    r"(?:\b(?:I|we)(?:['\u2019](?:d|ll)|\s(?:would|will))?\s(?:therefore\s|thus\s)?(?:choose|pick|select|chose|go\swith|opt\sfor)"
    r"|\b(?:most|best|correct|right)\b[^.:;,\n]{1,60}?\s(?:is|would\sbe))\b:?[ \t]*"
    r"(?=[*_(\[\"'\s]{0,6}(?:(?:option|choice|answer)\s)?[*_(\[]{0,4}[A-Z](?:[.:;,)\]*_\"']|\s*\Z|\s*\n|\s+(?:because|as|since|and|or)\b))"
)
_BARE = re.compile(r"\W*(?:\d|[A-Za-z]\b)")
# "So, ", "**Final ", "- Therefore, my " and the like before the marker belong to the statement, not to the chain.
_LEAD_IN = re.compile(r"(?:(?<=\n)|(?<=[.!?:;,]\s)|\A)[ \t]*[#>*_\-\"'{(`]*[ \t]*(?:[*_$(]*[A-Za-z'\u2019]+[*_]*,?[ \t]+){0,8}[*_$({\"'`]*\Z")
_FIELD = re.compile(r"(\"(?:[^\"\\\n]|\\.)*\"|\[[^\]\n]{0,200}\]|[^,}\n]*)")
_BLANK = re.compile(r"\s*")
_LAST = 20  # markers looked at, from the end; a text with more of them goes round in circles
_READ = 2000  # characters read behind a marker
_TAGGED = re.compile(r"[^<]{0,2000}")


class Mark(NamedTuple):
    """A marker and what stands behind it."""

    start: int
    end: int
    statement: str
    cut: int  # where its sentence starts: up to there the text is chain


def cue_marks(text: str, start: int, cue: str) -> list[Mark]:
    """All places of the run's own cue behind `start`, in any case."""
    found = list(re.compile(re.escape(cue), re.IGNORECASE).finditer(text, start))[-_LAST:]
    return [Mark(*match.span(), _behind(text, match.end()), _cut(text, start, match.start())) for match in found]


def usual_marks(text: str, start: int, *, turns: bool) -> list[Mark]:
    """All places of the usual markers behind `start`.

    turns: a line that opens with "A:" is one; not so where A is a choice: there it is one to choose a letter.
    """
    found = [match for match in list(_USUAL.finditer(text, start))[-_LAST:] if not (match["colon"] and _labels_the_chain(text, start, match))]
    boxes = [match.start() for match in found if match["box"]]
    pieces = _pieces(text, start) if boxes else []
    marks = [_box(text, match, pieces) if match["box"] else _mark(text, start, match) for match in found]
    if turns:
        labels = [match for match in list(_TURN.finditer(text, start))[-_LAST:] if not _labels_the_chain(text, start, match)]
        marks += [Mark(*match.span(), _behind(text, match.end()), match.start()) for match in labels]
    else:
        chosen = list(_CHOOSES.finditer(text, start))[-_LAST:]
        marks += [Mark(*match.span(), _behind(text, match.end()), _cut(text, start, match.start())) for match in chosen]
    return _joined(text, sorted(marks))


def _labels_the_chain(text: str, start: int, match: re.Match[str]) -> bool:
    """ "Answer: She sells 9 eggs, so ..." opens the whole reply and marks nothing; "Answer: 72" does."""
    opens = not re.search(r"\w", text[start : match.start()].lower().replace("final", "").replace("the", ""))
    return opens and not _BARE.match(text, match.end()) and "\n" in text[match.end() :].strip()


def _mark(text: str, start: int, match: re.Match[str]) -> Mark:
    field = _FIELD.match(text, match.end()) if match["field"] else _TAGGED.match(text, match.end()) if match["tag"] else None
    return Mark(*match.span(), field[0] if field else _behind(text, match.end()), _cut(text, start, match.start()))


def _box(text: str, match: re.Match[str], pieces: list[int]) -> Mark:
    """A box is in a sentence or formula: that is its statement, of which the line is read."""
    place = bisect_right(pieces, match.start())
    cut, end = pieces[place - 1], pieces[place] if place < len(pieces) else len(text)
    line = text.rfind("\n", 0, match.start()) + 1
    stop = text.find("\n", match.start())
    return Mark(match.start(), match.end(), text[max(cut, line) : min(end, stop if stop >= 0 else end)], cut)


def _behind(text: str, place: int) -> str:
    """The text behind a marker as far as it can state anything; blank lines do not count."""
    blank = _BLANK.match(text, place)
    return text[place : (blank.end() if blank else place) + _READ]


def _pieces(text: str, start: int) -> list[int]:
    places = [start]
    for piece in split_statements(text[start:]):
        places.append(places[-1] + len(piece))
    return places


def _cut(text: str, start: int, place: int) -> int:
    """Where the lead-in of a marker starts."""
    line = max(start, text.rfind("\n", start, place), place - 160)
    match = _LEAD_IN.search(text, line, place)
    return max(match.start(), start) if match else place


def _joined(text: str, marks: list[Mark]) -> list[Mark]:
    """A heading "Final Answer" and the marker under it are one: both statements start at the heading."""
    joined: list[Mark] = []
    for mark in marks:
        if joined and not re.search(r"\w", text[joined[-1].end : max(joined[-1].end, mark.cut)]):
            mark = mark._replace(cut=min(mark.cut, joined[-1].cut))
        joined.append(mark)
    return joined
