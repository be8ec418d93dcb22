"""Answers that are formulas: one canonical string for all ways to write an expression, by math-verify and sympy.

Only met behind `text.numbers`, and imported only then: sympy takes half a second. math-verify would guard itself with SIGALRM, which
fails off the main thread; here its input is bounded instead. Its LaTeX parser is used and never `parse_expr`, which evaluates Python.
"""

from __future__ import annotations

import logging
import re
from math import ceil, comb, prod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sympy

_LONGEST = 120  # characters
_MOST_TERMS = 100  # of an expanded sum: (x+1)^99 has so many, and a person writes fewer
_LARGEST = 1000  # bits of a number
_HIGHEST = 10_000  # product of all exponents written: ((2^99)^99)^99 is a short text
_LONGEST_FORM = 1000  # characters of a canonical formula
_FUNCTIONS = "sqrt|pi|sin|cos|tan|log|ln|exp|infty|frac|cdot|times"
# Numbers, single letters, named functions, operators and brackets, and nothing that is a word.
_FORMULA = re.compile(rf"(?:\\?(?:{_FUNCTIONS})(?![a-z])|[A-Za-z](?![A-Za-z])|[\d.,+\-*/^(){{}}\[\]|\s_!])+")
_DELIMITED = re.compile(r"\s*(?:\$\$(?P<a>.*)\$\$|\$(?P<b>.*)\$|\\\((?P<c>.*)\\\)|\\\[(?P<d>.*)\\\])\s*[.]?\s*", re.DOTALL)
_OPERATION = re.compile(r"\\(?:sqrt|pi|sin|cos|tan|log|ln|exp|frac|infty)|sqrt|\bpi\b|[+*/^]|(?<=[\w)}])\s*-\s*(?=[\w\\({])")
# What grows without bound when it is evaluated: towers, long exponents, factorials.
_EXPLOSIVE = re.compile(
    r"\^\s*(?:\{[^}]*\^|\([^()]*\^)|\^[\s{(-]*\w?\d*[\s{}]*\^"  # towers; not "x^2 + y^2"
    r"|\^\s*[{(][^{})]*\d\s*(?:\*|\(|\\(?:cdot|times))|\^\s*\{?\s*-?\d{3,}|\^\s*\{[^}]{9,}|!|\d{30,}|(?:\^.*){7,}"
)


def canonical_formula(text: str, *, in_math: bool = False) -> str | None:
    r"""One string for equal expressions; None where the text is no formula, a single letter, too long or too large.

    in_math: the text stood in a box or in math mode, where ``2x`` is a product and not two of a unit.

    >>> canonical_formula(r"\sqrt{12}"), canonical_formula(r"2\sqrt{3}"), canonical_formula("x")
    ('2*sqrt(3)', '2*sqrt(3)', None)
    """
    bare = _formula(text, in_math)
    if bare is None or len(bare) > _LONGEST or _explodes(bare):
        return None
    return _by_sympy(re.sub(r"(?<!\\)\b(sqrt|pi|sin|cos|tan|log|ln|exp)\b", r"\\\1", re.sub(r"sqrt\(([^()]*)\)", r"sqrt{\1}", bare)))


def is_formula(text: str, *, in_math: bool = False) -> bool:
    """The text is a formula with symbols, whether or not it has a canonical form: no number in it is the answer."""
    return _formula(text, in_math) is not None


def _formula(text: str, in_math: bool) -> str | None:
    """The right side of a formula with symbols, without its delimiters."""
    match = _DELIMITED.fullmatch(text)
    bare = (match[str(match.lastgroup)] if match else text).strip().rstrip(".").rsplit("=", 1)[-1].strip().replace("\u03c0", "\\pi ")
    bare = re.sub(r"\\(?:left|right|,|;|!|displaystyle)|\\[dt](?=frac)", lambda found: "\\" if found[0] in ("\\d", "\\t") else "", bare)
    in_math = in_math or match is not None
    if len(bare) < 2 or not _FORMULA.fullmatch(bare):
        return None
    symbols = re.search(r"[A-Za-z]", re.sub(r"\\(?:frac|cdot|times)", "", bare))
    pair = in_math and re.fullmatch(r"[(\[].*,.*[)\]]", bare)  # a point, an interval
    return bare if pair or (symbols and (_OPERATION.search(bare) or (in_math and re.search(r"\d\s*[A-Za-z]", bare)))) else None


def _explodes(bare: str) -> bool:
    return _EXPLOSIVE.search(bare) is not None or prod(max(1, int(power)) for power in re.findall(r"\^\s*[{(]?\s*-?(\d+)", bare)) > _HIGHEST


def _by_sympy(latex: str) -> str | None:
    import sympy
    from math_verify import LatexExtractionConfig, parse

    logging.getLogger("math_verify.parser").setLevel(logging.ERROR)  # math-verify 0.9 warns that no SIGALRM is set, which is meant
    found = parse(f"${latex}$", [LatexExtractionConfig()], fallback_mode="no_fallback", parsing_timeout=None, raise_on_error=False)
    if not found or not isinstance(found[0], sympy.Basic):
        return None
    if _terms(found[0]) > _MOST_TERMS:
        return None
    expression = found[0].doit()
    if isinstance(expression, sympy.Symbol):
        return None
    if isinstance(expression, sympy.Expr):
        expression = sympy.radsimp(expression)
        if _terms(expression) > _MOST_TERMS:
            return None
        expression = sympy.expand(expression)
    if any(max(abs(number.p), number.q).bit_length() > _LARGEST for number in expression.atoms(sympy.Rational)):
        return None
    form = str(sympy.sstr(expression))
    return form if len(form) <= _LONGEST_FORM else None


def _terms(expression: sympy.Basic) -> int:
    """At most so many terms has the expanded expression, or the largest one inside it."""
    import sympy

    inner = [_terms(part) for part in expression.args]
    if isinstance(expression, sympy.Add):
        return sum(inner)
    if isinstance(expression, sympy.Mul):
        return prod(inner)
    if isinstance(expression, sympy.Pow) and isinstance(expression.exp, sympy.Rational):
        return comb(inner[0] - 1 + (power := min(ceil(abs(expression.exp)), 10**6)), power) if inner[0] > 1 else 1
    return max(inner, default=1)
