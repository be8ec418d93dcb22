"""Numbers in words, where they are unambiguous: below a thousand, in front, and counting something."""

from __future__ import annotations

import re

_UNITS = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_VALUES = {word: value for value, word in enumerate(_UNITS)} | {word: 20 + 10 * place for place, word in enumerate(_TENS)} | {"a": 1}
_UNIT = "|".join(sorted(_UNITS, key=len, reverse=True))  # "sixteen" before "six"
_SPELLED = re.compile(
    r"[\s*_:\"'(]*(?:(?:about|only|exactly|just|equal to)\s+)?(?P<minus>(?:minus|negative)\s+)?"
    rf"(?:(?P<dozen>(?:half )?a dozen)|(?:(?P<hundreds>a|{_UNIT}) hundred(?: and)?)?\s?(?:(?P<tens>{'|'.join(_TENS)})[- ]?)?(?P<units>{_UNIT})?)"
    # "one of", "two or three", "five twenty", "two thousand" and "two and a half" say something else
    rf"(?![A-Za-z])(?!-[a-z])(?!\s*(?:of|or|to|that|more|less|and|dozen|hundred|thousand|million|billion|half|halves|thirds?|{'|'.join(_TENS)}|{_UNIT})\b)",
    re.IGNORECASE,
)


def spelled_number(statement: str) -> str | None:
    """The number in words that opens a statement, canonical.

    >>> spelled_number(" twenty-five apples"), spelled_number("a dozen"), spelled_number("one of them")
    ('25', '12', None)
    """
    match = _SPELLED.match(statement)
    if match is None or not any(match[name] for name in ("dozen", "hundreds", "tens", "units")):
        return None
    hundreds, tens, units = (_VALUES[(match[name] or "zero").lower()] for name in ("hundreds", "tens", "units"))
    value = 100 * hundreds + tens + units
    if match["dozen"]:
        value = 6 if match["dozen"].lower().startswith("half") else 12
    elif tens and not 0 < units < 10 and match["units"]:
        return None  # "twenty twelve"
    return f"-{value}" if match["minus"] and value else str(value)
