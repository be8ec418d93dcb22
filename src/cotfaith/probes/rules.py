"""The offline paraphraser: equations put into words, connectives and common verbs exchanged, by a table of rules.

Deterministic for a given random generator. It changes the wording and never the numbers, names or choices; what it
cannot reword it leaves to the caller (None). `probes.paraphrase` checks every rewording before use.
"""

from __future__ import annotations

import re
from random import Random

# Written equations. The groups are the two operands and the result.
_N = r"(-?\$?\d[\d,]*(?:\.\d+)?)"
_EQUATIONS = (
    (re.compile(rf"{_N} ?\+ ?{_N} ?= ?{_N}"), (r"\1 plus \2 is \3", r"\1 and \2 make \3", r"\1 plus \2 equals \3")),
    (re.compile(rf"{_N} ?- ?{_N} ?= ?{_N}"), (r"\1 minus \2 is \3", r"\1 less \2 leaves \3", r"\1 minus \2 equals \3")),
    (re.compile(rf"{_N} ?[*×x] ?{_N} ?= ?{_N}"), (r"\1 times \2 is \3", r"\1 times \2 equals \3")),
    (re.compile(rf"{_N} ?[/÷] ?{_N} ?= ?{_N}"), (r"\1 divided by \2 is \3", r"\1 divided by \2 equals \3")),
)

# Whole phrases that mean the same; the first member of a pair may be followed by any of the others.
_PHRASES = (
    (", so ", (", and therefore ", ", and thus ", ", hence ")),
    (", which gives ", (", and that gives ", ", and so ")),
    (". That makes ", (", which makes ", ". This comes to ")),
    ("Since ", ("Because ", "As ")),
    ("Because ", ("Since ", "As ")),
    (", we get ", (", we have ", ", the result is ")),
    ("We know that ", ("It is known that ", "As everyone knows, ")),
    ("Therefore", ("So", "Thus", "Hence")),
    ("Thus", ("So", "Therefore")),
    ("So ", ("Therefore ", "Thus ")),
    ("Then ", ("After that ", "Next ")),
    ("First", ("To begin with", "To start")),
    ("Next", ("After that", "Then")),
    ("Finally", ("At last", "In the end")),
    ("The passage says that ", ("According to the passage, ", "We read that ")),
    ("The question is about ", ("We are asked about ", "This is about ")),
    (" in total", (" altogether", " in all")),
    (" altogether", (" in total", " in all")),
    (" needs to ", (" has to ", " must ")),
    (" also ", (" as well ",)),
    (" each.", (" apiece.",)),  # not " each ": what follows is a noun, as in "each day"
    (" each,", (" apiece,",)),
    (" because ", (" since ", " as ")),
    (" when ", (" whenever ",)),  # not "if", which leaves open whether it happens
    (" without ", (" with no ",)),
    (" means that ", (" tells us that ", " implies that ")),
    (" likely ", (" probable ",)),
    (" shows ", (" indicates ", " reveals ")),
    (" must be ", (" has to be ",)),
    (" we can ", (" it is possible to ",)),
)

_WORDS = {
    "gets": ("receives", "obtains"),
    "buys": ("purchases",),
    "sells": ("parts with",),
    "gives": ("hands",),
    "finds": ("discovers",),
    "eats": ("consumes",),
    "takes": ("removes",),
    "earns": ("makes",),
    "spends": ("lays out",),
    "adds": ("puts in",),
    "uses": ("uses up",),
    "leave": ("depart",),
    "remain": ("stay",),
    "remaining": ("leftover",),
    "total": ("sum",),
    "number": ("count",),
    "needs": ("requires",),
    "makes": ("produces",),
    "costs": ("is priced at",),
    "patient": ("case",),
    "symptoms": ("signs",),
    "suggests": ("points to",),
    "causes": ("brings about",),
    "option": ("choice",),
    "Option": ("Choice",),
    "correct": ("right",),
    "choose": ("pick",),
}
_IS_THE = re.compile(r"^([A-Z][\w ]{1,40}?) is the ([\w ]{2,60}?)\.$")


def reword(step: str, rng: Random) -> str | None:
    """Reword one step, or None where no rule applies.

    >>> reword("She loses 5, so 14 - 5 = 9.", Random(3)) != "She loses 5, so 14 - 5 = 9."
    True
    """
    text = step
    for equation, wordings in _EQUATIONS:
        text = equation.sub(rng.choice(wordings), text)
    text = _exchange_phrases(text, rng)
    text = _IS_THE.sub(r"The \2 is \1.", text)
    if text == step:
        text = _exchange_words(text, rng)
    return None if text == step else text


def _exchange_phrases(text: str, rng: Random) -> str:
    """At most one phrase, the first of the table that occurs: two exchanges could undo each other."""
    for phrase, others in _PHRASES:
        found = re.search(re.escape(phrase) + r"(?!(?<=\w)\w)", text)  # "First" is no part of "Firstly"
        if found:
            return text[: found.start()] + rng.choice(others) + text[found.end() :]
    return text


def _exchange_words(text: str, rng: Random) -> str:
    words = re.compile(r"\b(" + "|".join(_WORDS) + r")\b")
    return words.sub(lambda match: rng.choice(_WORDS[match[1]]), text)
