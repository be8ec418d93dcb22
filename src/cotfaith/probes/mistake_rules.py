"""The offline mistakes: a wrong result, operand or operation, another choice, number or name, an opposite; by rules.

Deterministic for a given generator; whether a rule applies does not depend on it. A wrong operand or operation is carried on:
the result is what they give. A wrong result is carried to where the step repeats it. None where no rule applies.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from random import Random

from cotfaith.probes.content import names, replaced

_N = r"(?P<%s>[$€£]?\d+(?:,\d{3})*(?:\.\d+)?)"
_EQUATION = re.compile(rf"(?<![\d.,+*/×÷−-] )(?<![\d.,$€£+*/×÷−-]){_N % 'a'}(?P<sign> ?[-+*/x×÷−] ?){_N % 'b'}(?P<is> ?= ?){_N % 'c'}(?![\d/%])")
_NUMBER = re.compile(r"(?<![\w.,])[$€£]?\d+(?:,\d{3})*(?:\.\d+)?(?!\w)")
_LABEL = re.compile(r"\s*[*_#(>-]*\s*(?:(?:step|case|part)\s+)?\d{1,3}[*_]*[.):]\s", re.IGNORECASE)  # "1. ", "Step 2: "
# Beyond E a letter in brackets alone may be a symbol: "the force (F)".
_LETTER = re.compile(
    r"(?<=\()[A-E](?=\))|(?<=\b[Oo]ption )[A-Z]\b|(?<=\b[Cc]hoice )[A-Z]\b|(?<=\b[Oo]ption \()[A-Z](?=\))|(?<=\b[Cc]hoice \()[A-Z](?=\))"
)
_SIGNS = {"+": "-", "-": "+", "−": "+", "*": "+", "x": "+", "×": "+", "/": "*", "÷": "×"}
_CURRENCIES = "$€£"
_SHIFTS = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, -1, -2, -3, -4, -5, -6, -7, -8, -9, -10)
_PAIRS = (
    ("more", "less"), ("increases", "decreases"), ("increased", "decreased"), ("before", "after"), ("higher", "lower"), ("largest", "smallest"),
    ("larger", "smaller"), ("always", "never"), ("everybody", "nobody"), ("dark", "bright"), ("warm", "cold"), ("hot", "cool"), ("loud", "quiet"),
    ("open", "closed"), ("opened", "closed"), ("switched off", "switched on"), ("turned off", "turned on"), ("with", "without"), ("wet", "dry"),
    ("won", "lost"), ("male", "female"), ("acute", "chronic"), ("benign", "malignant"), ("left", "right"), ("early", "late"), ("up", "down"),
)  # fmt: skip
_OPPOSITES = {one: other for pair in _PAIRS for one, other in (pair, pair[::-1])}
_ANY_OPPOSITE = re.compile(r"\b(" + "|".join(sorted(_OPPOSITES, key=len, reverse=True)) + r")\b", re.IGNORECASE)
_AUXILIARY = re.compile(r"\b(is|are|was|were|can|will|should|must|does|do|did)(?P<denied> not)?\b(?! the question| about)")


def mistake(step: str, rng: Random) -> str | None:
    """The step with one mistake, or None where no rule applies.

    >>> mistake("So the room went dark.", Random(0))
    'So the room went bright.'
    """
    for rules in (_IN_EQUATIONS, _IN_WORDS):
        made = [text for text in (rule(step, rng) for rule in rules) if text is not None]
        if made:
            return rng.choice(made) if rules is _IN_EQUATIONS else made[0]
    return None


def opposites(step: str) -> Counter[str]:
    """The words of a step that have an opposite in the table."""
    return Counter(word.lower() for word in _ANY_OPPOSITE.findall(step))


def _wrong_result(step: str, rng: Random) -> str | None:
    found = _last_equation(step)
    if found is None:
        return None
    wrong = _shifted(found["c"], _shift(found["c"], rng))
    return step[: found.start("c")] + _carried(step[found.start("c") :], found["c"], wrong)


def _wrong_operand(step: str, rng: Random) -> str | None:
    found = _last_equation(step)
    if found is None or not _holds(found):
        return None
    shifts = rng.sample(_SHIFTS, len(_SHIFTS))
    wrong = (_rewritten(step, found, found["sign"], _shifted(found["b"], shift)) for shift in shifts if _value(found["b"]) + shift > 0)
    return next((text for text in wrong if text is not None), None)


def _wrong_operation(step: str, rng: Random) -> str | None:
    found = _last_equation(step)
    if found is None or not _holds(found):
        return None
    sign = found["sign"].strip()
    return _rewritten(step, found, found["sign"].replace(sign, _SIGNS[sign]), found["b"])


def _wrong_choice(step: str, rng: Random) -> str | None:
    """Another letter up to the last that the step mentions, at least A or B: those are choices, however many the question has."""
    found = _LETTER.search(step)
    if found is None:
        return None
    last = max("B", *_LETTER.findall(step))
    other = rng.choice([letter for letter in map(chr, range(ord("A"), ord(last) + 1)) if letter != found[0]])
    return _LETTER.sub(lambda match: other if match[0] == found[0] else match[0], step)


def _wrong_number(step: str, rng: Random) -> str | None:
    """The last number, wherever it stands but in the label of the step."""
    label = _LABEL.match(step)
    start = label.end() if label else 0
    found = _NUMBER.findall(step[start:])
    return step[:start] + _carried(step[start:], found[-1], _shifted(found[-1], _shift(found[-1], rng))) if found else None


def _swapped_names(step: str, rng: Random) -> str | None:
    """Two names of the step change places."""
    found = list(names(step))
    if len(found) < 2:
        return None
    one, other = found[0], found[-1]
    return re.sub(rf"\b(?:{one}|{other})\b", lambda match: other if match[0] == one else one, step)


def _opposite(step: str, rng: Random) -> str | None:
    """The last word with an opposite becomes it; else a denial is put in or taken out."""
    words = list(_ANY_OPPOSITE.finditer(step))
    if words:
        word = words[-1]
        return step[: word.start()] + replaced(word[0], _OPPOSITES) + step[word.end() :]
    verb = _AUXILIARY.search(step)
    if verb is None:
        return None
    return step[: verb.start()] + (verb[1] if verb["denied"] else f"{verb[1]} not") + step[verb.end() :]


_IN_EQUATIONS: tuple[Callable[[str, Random], str | None], ...] = (_wrong_result, _wrong_operand, _wrong_operation)
_IN_WORDS: tuple[Callable[[str, Random], str | None], ...] = (_wrong_choice, _wrong_number, _swapped_names, _opposite)


def _last_equation(step: str) -> re.Match[str] | None:
    return next(reversed(list(_EQUATION.finditer(step))), None)


def _holds(equation: re.Match[str]) -> bool:
    """Whether it is the whole of a true equation: what is left of a longer one is not."""
    return _computed(equation["a"], equation["sign"].strip(), equation["b"]) == _value(equation["c"])


def _computed(a: str, sign: str, b: str) -> Decimal | None:
    left, right = _value(a), _value(b)
    if sign in ("/", "÷"):
        return left / right if right else None
    return left + right if sign == "+" else left - right if sign in "-−" else left * right


def _rewritten(step: str, found: re.Match[str], sign: str, operand: str) -> str | None:
    """The equation with this operation and second operand and what they give; the operand is carried back, the result on.

    None where they give nothing, or less than nothing, which would give the mistake away, or what stood there before: 2 + 2 for 2 * 2.
    """
    value = _computed(found["a"], sign.strip(), operand)
    if value is None or value < 0:
        return None
    result = _written(round(value, 2), found["c"])
    if _value(result) == _value(found["c"]):
        return None
    before = step[: found.start()] if found["a"] == found["b"] else _carried(step[: found.start()], found["b"], operand)
    return f"{before}{found['a']}{sign}{operand}{found['is']}{result}" + _carried(step[found.end() :], found["c"], result)


def _shift(number: str, rng: Random) -> int:
    return rng.choice([shift for shift in _SHIFTS if _value(number) + shift > 0])


def _shifted(number: str, shift: int) -> str:
    """Another number of the same form."""
    return _written(_value(number) + shift, number)


def _carried(text: str, number: str, other: str) -> str:
    """The number exchanged wherever it stands in a text."""
    bare, instead = number.lstrip(_CURRENCIES), other.lstrip(_CURRENCIES)
    return _NUMBER.sub(lambda match: match[0].replace(bare, instead) if match[0].lstrip(_CURRENCIES) == bare else match[0], text)


def _value(number: str) -> Decimal:
    return Decimal(number.lstrip(_CURRENCIES).replace(",", ""))


def _written(value: Decimal, form: str) -> str:
    """A value with the currency, decimals and commas of another number."""
    sign = form[0] if form[0] in _CURRENCIES else ""
    whole = value == value.to_integral_value()
    places = max(len(form.partition(".")[2]), 0 if whole else 2)
    return f"{sign}{value:{',' if ',' in form else ''}.{places}f}"
