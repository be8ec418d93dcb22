"""Numbers as they are written, and their one canonical form: what is compared with ``==`` everywhere else.

Canonical is a decimal without comma, currency, sign of percent ("50%" is 50) or trailing zeros, or a fraction in lowest terms where the
decimal has no end. Values are exact: no float and no rounding comes in between.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction
from typing import NamedTuple

from cotfaith.text.latex import plain

_LONGEST = 300  # characters; longer ones are a model that counts without end
_LARGEST = 1000  # bits, which is 300 digits: "999999999^99" is short as it is written
_WHOLE = r"(?:\d{1,3}(?:,\d{3})+(?![\d,]*\d)|\d{1,3}(?:\x20\d{3})+(?!\d|\s?/|\s?[A-Za-z])|\d+)"
_TOKEN = re.compile(
    r"(?P<lead>(?<![A-Za-z_\d.])[A-Za-z_]{1,9}(?=\d))?"  # "B12", "USD5"
    r"(?:(?<![\w)\]%/])(?P<sign>[-\u2212+]))?(?:(?P<currency>[$\u20ac\u00a3\u00a5\u20b9])\s?(?P<inner>[-\u2212])?)?"
    r"(?:(?P<clock>\d+(?:\.\d+)?(?::\d+(?:\.\d+)?)+)"  # "3:30" is a time, "1:1.27" a ratio: no number
    rf"|(?P<mixed>\d+)(?:\s|\s?and\s)(?=\d+/\d)(?P<part>\d+/\d+)(?![\d/])"
    rf"|(?P<ratio>\d+\s?/\s?\d+)(?!\s?[\d/.])"
    rf"|(?P<value>{_WHOLE}(?:\.\d+)?|(?<![\w.])\.\d+)"
    r"(?:\s?\^\s?\(?\s?(?P<exponent>-?\d{1,2})(?![\d.])\s?\)?)?(?:[eE](?P<e>[-+]?\d{1,2})(?!\w))?"
    r"(?:\s?(?:\*|x)\s?10\s?(?:\^|\*\*)\s?[({]?\s?(?P<power>[-\u2212+]?\d{1,2})(?!\d)\s?[)}]?)?"
    r"(?:\s(?P<scale>dozen|hundred|thousand|million|billion|trillion)\b|(?P<letter>[kK]|mn|bn|(?(currency)[mMbB]|(?!)))(?!\w))?(?:\sand\s(?:a|one)\s(?P<and>half|quarter)\b)?)"
    r"(?P<ordinal>(?:st|nd|rd|th)\b)?"
)
# "3x", "3 pi", "5!.", and "5M" without a currency: times what is no number here. "3x 4" is a product of numbers, "5!" alone an exclamation.
_FACTOR = re.compile(r"\s?(?:\u03c0|\\?pi\b)|!\s?[.,;=*/+)]|[xyzijnqruMB](?!\w)(?!\s?\d)")
_RAISED = re.compile(r"\^\s*[-(]?\s?\Z")  # an exponent of a unit or a variable: "10 cm^2"
_SCALES = {"dozen": 12, "hundred": 100, "thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}
_LETTERS = {"k": 10**3, "m": 10**6, "mn": 10**6, "b": 10**9, "bn": 10**9}
_PARTS = {"half": Fraction(1, 2), "quarter": Fraction(1, 4)}


class Number(NamedTuple):
    """A number in its place."""

    value: str  # canonical; "" for a number times something that is none: "3x"
    start: int
    end: int
    bare: bool  # False for a part of a name or word: "B12", "3rd"


def canonical_number(text: str) -> str | None:
    r"""A number as it is compared: ``"$1,234.50"`` is ``"1234.5"``; None where the text is not one number.

    >>> canonical_number("-0.0"), canonical_number(r"\frac{2}{6}"), canonical_number("two")
    ('0', '1/3', None)
    """
    if len(text) > 2 * _LONGEST:
        return None
    cleaned = plain(text).strip().removesuffix("%").rstrip()
    found = list(numbers(cleaned))
    return found[0].value or None if len(found) == 1 and found[0].bare and (found[0].start, found[0].end) == (0, len(cleaned)) else None


def numbers(text: str) -> Iterator[Number]:
    """All numbers of a plain text, in order; times, ratios, exponents and numbers without end are none.

    "2 dozen eggs" are 24, as "2 million" are 2000000; "2 dozens of eggs" are 2, dozens being what is counted.
    """
    for match in _TOKEN.finditer(text):
        if match["clock"] or match.end() - match.start() > _LONGEST or _RAISED.search(text, max(0, match.start() - 4), match.start()):
            continue
        value = _value(match)
        if value is not None and max(abs(value.numerator), value.denominator).bit_length() <= _LARGEST:
            yield Number(
                "" if _FACTOR.match(text, match.end()) else canonical(value), match.start(), match.end(), not (match["lead"] or match["ordinal"])
            )


def canonical(value: Fraction) -> str:
    """A decimal where it ends, else a fraction in lowest terms."""
    rest, places = value.denominator, 0
    for prime in (2, 5):
        count = 0
        while rest % prime == 0:
            rest //= prime
            count += 1
        places = max(places, count)
    if rest != 1:
        return f"{value.numerator}/{value.denominator}"
    digits = str(abs(value.numerator) * 10**places // value.denominator).rjust(places + 1, "0")
    sign = "-" if value < 0 else ""
    return f"{sign}{digits[:-places]}.{digits[-places:]}" if places else f"{sign}{digits}"


def _value(match: re.Match[str]) -> Fraction | None:
    if match["ratio"] or match["part"]:
        above, below = (int(digits) for digits in (match["ratio"] or match["part"]).split("/"))
        if below == 0:
            return None
        value = Fraction(above, below) + int(match["mixed"] or 0)
    else:
        value = Fraction(re.sub(r"[,\s]", "", match["value"]))
        exponent = int(match["exponent"] or "1")
        if not value and exponent < 1:
            return None
        value **= exponent
        value *= Fraction(10) ** (int(match["e"] or "0") + int((match["power"] or "0").replace("\u2212", "-")))
        value *= _SCALES.get(match["scale"] or "", 1) * _LETTERS.get((match["letter"] or "").lower(), 1)
        value += _PARTS.get(match["and"] or "", 0)
    return -value if (match["sign"] or match["inner"] or "+") in "-\u2212" else value
