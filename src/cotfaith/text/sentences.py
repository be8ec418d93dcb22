"""Where sentences end in text that is full of numbers: rules, since a wrong cut at a decimal or an equation changes a chain.

Nothing is lost: the sentences of a line, joined, are the line. Time is linear in the length of the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

# Behind these a full stop ends nothing.
_OPENERS = re.compile(r"mr|mrs|ms|dr|st|prof|sen|rep|gen|col|lt|capt|rev|hon|mt|ft|vs|cf|eg|ie|viz|approx|est|ca|rs|fig|eq|eqn|vol|ch|pp|vit")
# Behind these it ends nothing before a number: "No. 5" and "no. He left" differ.
_BEFORE_NUMBERS = re.compile(r"nos?|p|step|part|case|sec|ex|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec")
# Behind these it ends nothing unless a capital follows: units ("8 oz. 2 cups") and words that also close sentences.
_BEFORE_CAPITALS = re.compile(r"oz|lbs?|in|yd|mi|hrs?|mins?|secs?|kg|km|cm|mm|ml|qt|gal|tsp|tbsp|sq|cu|inc|co|corp|ltd|jr|sr|wt|temp|resp")

# One start per run of points keeps the search linear.
_END = re.compile(r"(?<![.!?\u2026])[.!?\u2026]+[\"'\u201d\u2019)\]*_]*\s+|[\u3002\uff01\uff1f][\u300d\u300f\u201d]*\s*")
_WORD_BEFORE = re.compile(r"[A-Za-z]+(?:\.[A-Za-z]+)*\Z")
_VARIABLES = frozenset("abcdhiklmnrstuvwxyz")  # not p, e, f, g, o, q, j: "p. 5", "e. g."
_OPERATORS = frozenset("0123456789/=+-*^()")
# After an initial a name follows; these words open a sentence.
_GOES_ON = re.compile(
    r"(?:so|this|that|these|those|the|then|therefore|thus|hence|in|it|its|we|he|she|they|you|i|if|there|now|since|because|but|and|also|for|from|at|on|"
    r"to|next|first|second|finally|let|when|what|how|each|after|before|both|as|by|with|solving|substituting|simplifying|answer)\b",
    re.IGNORECASE,
)
_OPENS_A_SENTENCE = "\"'([$\u20ac\u00a3\u00a5*_\\#`<\u201c\u2018\u2022-|{+=\u2212~"
_LIST_NUMBER = re.compile(r"[\s*_#>(]{0,9}(?:(?:step|case|part)\s+)?(?:\d{1,3}|[A-Za-z])\.\s+", re.IGNORECASE)
# Formulas and code on one line: their points end nothing. "$5 and $6" is money: a formula closes before no digit and after no blank.
_INLINE = re.compile(
    r"\\\([^\n]{1,400}?\\\)|\\\[[^\n]{1,400}?\\\]|\$\$[^$\n]{1,400}\$\$|\$(?=[^\s$])[^$\n]{0,400}?(?<=\S)\$(?!\d)|`[^`\n]{1,400}`|<<[^<>\n]{1,400}>>"
)


def split_sentences(text: str) -> list[str]:
    """The sentences of one paragraph, each with the white space behind it.

    >>> split_sentences("It costs $1.50 (approx. 2 euros). Dr. No has 3.")
    ['It costs $1.50 (approx. 2 euros). ', 'Dr. No has 3.']
    """
    cuts = [0, *_cuts(text), len(text)]
    return [text[start:end] for start, end in pairwise(cuts) if start < end]


def ends_sentence(text: str, stop: int, after: int) -> bool:
    """Whether the full stop at `stop` can end a sentence, by the word before it and what stands at `after`."""
    if text[stop] == "!" and text[stop - 1 : stop].isdigit():  # "3! (ways to arrange them)"
        return text[after : after + 1].isupper()
    word = _WORD_BEFORE.search(text, max(0, stop - 20), stop)
    if word is None or text[stop] != "." or text[stop : stop + 2] == "..":
        return True
    name, following = word[0].lower(), text[after : after + 1]
    if len(name) == 1 or "." in name:  # "J. Smith", "p.m."; but "is x. Then", "240/W. We", "to point B. So"
        return (name in _VARIABLES and name == word[0]) or text[word.start() - 1 : word.start()] in _OPERATORS or bool(_GOES_ON.match(text, after))
    if name == "pt":  # a patient, but "8 pt. Then" are pints
        return following.isupper() and text[max(0, word.start() - 3) : word.start()].rstrip()[-1:].isdigit()
    if _OPENERS.fullmatch(name) or (_BEFORE_NUMBERS.fullmatch(name) and following.isdigit()):
        return False
    return following.isupper() or not _BEFORE_CAPITALS.fullmatch(name)


def _cuts(text: str) -> Iterator[int]:
    inside = [match.span() for match in _INLINE.finditer(text)]
    place, start = 0, 0
    for match in _END.finditer(text):
        end = match.end()
        while place < len(inside) and inside[place][1] <= match.start():
            place += 1
        if end == len(text) or (place < len(inside) and inside[place][0] < match.start()):
            continue
        if _LIST_NUMBER.fullmatch(text, start, end) or not _opens(text[end]):
            continue
        if match[0][0] in "\u3002\uff01\uff1f" or ends_sentence(text, match.start(), end):
            yield end
            start = end


def _opens(character: str) -> bool:
    return character.isupper() or character.isdigit() or character in _OPENS_A_SENTENCE or (character.isalpha() and not character.islower())
