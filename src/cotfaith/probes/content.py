"""What a step says, as far as it can be counted: numbers, operations, choices, names, units, negations.

Two wordings of one step agree in these; a mistake differs in one of them. Pure; English.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
# Not "one", which is a pronoun as often as a number.
_SPELT = re.compile(
    r"\b(?:zero|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen"
    r"|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|thousand|million|billion|dozen|half|twice|double|triple|quarter)\b"
)
_CHOICE = re.compile(r"\(([A-Z])\)|\b(?:[Oo]ption|[Cc]hoice|[Aa]nswer)s?\s+([A-Z])\b")
_NAME = re.compile(r"(?<![.!?:] )(?<!^)\b[A-Z][a-z]+\b")
_CAPITALISED = re.compile(r"\b[A-Z][a-z]+\b")
_OPERATION = re.compile(r"(?<=[\d)])\s*(?P<sign>[-+*/x×÷−])\s*(?=[$(\d])|\b(?P<word>plus|minus|times|divided by|multiplied by|less)\b")
_OPERATIONS = {"plus": "+", "minus": "-", "−": "-", "less": "-", "times": "*", "x": "*", "×": "*", "multiplied by": "*", "÷": "/", "divided by": "/"}
_UNIT = re.compile(
    r"[$€£¥%]|\b(?:percent|dollars?|cents?|euros?|pounds?|hours?|minutes?|seconds?|days?|weeks?|months?|years?|miles?|feet|foot|inch(?:es)?|yards?"
    r"|meters?|metres?|[kcm]m|kg|mg|ml|grams?|lit(?:er|re)s?|ounces?)\b",
    re.IGNORECASE,
)
_UNITS = {"percent": "%", "dollar": "$", "euro": "€", "foot": "feet", "inche": "inch", "metre": "meter", "litre": "liter"}
_NEGATION = re.compile(r"\b(?:not|never|no|none|neither|nor|cannot|nobody|nothing)\b|n[’']t\b", re.IGNORECASE)
_LACK = re.compile(r"\bwith no\b", re.IGNORECASE)  # is "without", which counts for nothing


def numbers(step: str) -> Counter[str]:
    """Numbers in digits, without the commas of thousands, and in words."""
    written = (re.sub(r",(?=\d{3}(?!\d))", "", number) for number in _NUMBER.findall(step))
    return Counter(written) + Counter(_SPELT.findall(step.lower()))


def operations(step: str) -> Counter[str]:
    """The signs between numbers, in one form: + - * /."""
    found = (match["sign"] or match["word"] for match in _OPERATION.finditer(step))
    return Counter(_OPERATIONS.get(sign, sign) for sign in found)


def choices(step: str) -> Counter[str]:
    """Letters that name a choice."""
    return Counter(bracketed or named for bracketed, named in _CHOICE.findall(step))


def names(step: str) -> Counter[str]:
    """Capitalised words that open no sentence."""
    return Counter(_NAME.findall(step))


def capitalised(step: str) -> set[str]:
    """All capitalised words: where a name may stand after rewording."""
    return set(_CAPITALISED.findall(step))


def units(step: str) -> set[str]:
    """Currencies, percent and units of measure, in one form."""
    found = (unit.lower() for unit in _UNIT.findall(step))
    return {_UNITS.get(unit, unit) for unit in (unit if unit in ("feet", "inches") else unit.removesuffix("s") for unit in found)}


def negations(step: str) -> int:
    """How many words negate."""
    return len(_NEGATION.findall(_LACK.sub("without", step)))


def replaced(text: str, words: Mapping[str, str]) -> str:
    """Whole words of a text replaced, all at once, a capital first letter kept."""
    pattern = re.compile(r"\b(" + "|".join(sorted(map(re.escape, words), key=len, reverse=True)) + r")\b", re.IGNORECASE)

    def exchange(match: re.Match[str]) -> str:
        other = words[match[0].lower()]
        return other[0].upper() + other[1:] if match[0][0].isupper() else other

    return pattern.sub(exchange, text)
