r"""LaTeX and markdown of a statement as plain characters, so that ``\frac{3}{4}``, ``1\,234`` and ``\$5`` read like 3/4, 1,234 and $5.

Only what numbers and words need; a formula with other symbols is for `text.symbols`.
"""

from __future__ import annotations

import re

_MARKS = re.compile(r"<<[^<>\n]{0,400}>>")  # the calculator's notes of GSM8K repeat what stands behind them
_FRACTION = re.compile(r"(\d\s{0,3})?\\[dt]?frac\s*(?:\{\s*([\d,]{1,30})\s*\}\s*\{\s*([\d,]{1,30})\s*\}|(\d)(\d))")
_THOUSANDS = re.compile(r"(?<=\d)(?:\\[,;:! ]|\{,\}|[\u2009\u202f\u00a0\u2007])(?=\d{3}(?!\d))")
_TEXT = re.compile(r"\\(?:text|textbf|textit|mathrm|mathbf|mathit|mbox|operatorname|texttt|mathsf|emph)\s*\{([^{}]{0,400})\}")
_SIGNS = {
    r"\\(?:times|cdot|ast)(?![A-Za-z])|\u00d7|\u22c5": "*",
    r"\\(?:div)(?![A-Za-z])|\u00f7": "/",
    r"\\(?:approx|simeq|Rightarrow|implies)(?![A-Za-z])|\u2248|\u2243": "=",
    r"\\(?:left|right|displaystyle|quad|qquad|big|Big|bigg|Bigg)(?![A-Za-z])": " ",
    r"\^\s*\{?\s*\\circ\s*\}?|\u00b0": " ",
    r"\\[()\[\]]|\$\$|\\[,;:! ]|~": " ",
    r"\\([$%&#_])": r"\1",
    r"(?<!\d)[\u2212\u2013\ufe63](?=[\d.$])|\u2212|\ufe63": "-",
}
_COMPILED = [(re.compile(pattern), sign) for pattern, sign in _SIGNS.items()]
_VULGAR = {"\u00bd": "1/2", "\u00bc": "1/4", "\u00be": "3/4", "\u2153": "1/3", "\u2154": "2/3", "\u215b": "1/8"}
_BOX = re.compile(r"\\f?boxed\s{0,3}\{")
_BRACE = re.compile(r"[{}\n]")
_SPECIAL = re.compile(r"[\\<{\u00a0-\uffff~$]")


def plain(text: str) -> str:
    r"""The same statement without LaTeX commands; markdown emphasis stays.

    >>> plain(r"\$1\,234 and 2\frac{1}{2} cups")
    '$1,234 and 2 1/2 cups'
    """
    if not _SPECIAL.search(text):
        return text
    text = _TEXT.sub(r" \1 ", _MARKS.sub("", text))
    text = _FRACTION.sub(_ratio, _THOUSANDS.sub(",", text))
    for sign, ratio in _VULGAR.items():
        text = re.sub(rf"(?<=\d)\s?{sign}", f" {ratio}", text).replace(sign, ratio)
    for pattern, sign in _COMPILED:
        text = pattern.sub(sign, text)
    return text.replace("{", " ").replace("}", " ")


def boxed(text: str) -> list[str]:
    r"""What stands in each ``\boxed{..}``, braces balanced; a box that is not closed holds the rest of its line.

    >>> boxed(r"so \boxed{\frac{1}{2}}")
    ['\\frac{1}{2}']
    """
    boxes: list[str] = []
    end = 0
    for match in _BOX.finditer(text):
        if match.start() >= end:  # a box inside a box is part of it
            end = _closing(text, match.end())
            boxes.append(text[match.end() : end])
    return boxes


def _closing(text: str, start: int) -> int:
    depth = 1
    for brace in _BRACE.finditer(text, start):
        depth += {"{": 1, "}": -1}.get(brace[0], 0)
        if depth == 0 or brace[0] == "\n":
            return brace.start()
    return len(text)


def _ratio(match: re.Match[str]) -> str:
    numerator, denominator = match[2] or match[4], match[3] or match[5]
    return f"{match[1].rstrip() + ' ' if match[1] else ''}{numerator}/{denominator}"
