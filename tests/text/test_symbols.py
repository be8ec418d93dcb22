"""Formulas: one string for equal expressions, and none for words, units and what would not end."""

from __future__ import annotations

import subprocess
import sys
from threading import Thread

import pytest

from cotfaith.text.answers import Verdict
from cotfaith.text.generations import read_answer
from cotfaith.text.symbols import canonical_formula


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (r"2\sqrt{3}", r"\sqrt{12}"),
        ("x+1", "1 + x"),
        ("(x+1)^2", "x^2 + 2x + 1"),
        (r"\frac{1}{\sqrt{2}}", r"\dfrac{\sqrt2}{2}"),
        ("sqrt(3)/2", r"$\frac{\sqrt{3}}{2}$"),
        ("y = 2x + 1", "2x+1"),
    ],
)
def test_equal_expressions_have_one_form(one: str, other: str) -> None:
    assert canonical_formula(one) is not None
    assert canonical_formula(one) == canonical_formula(other)


@pytest.mark.parametrize(
    "text", ["B", "x", "12", "2+3", "10-4", "240g", "12 m", "A good day", "x" * 500, "9^{9^{9}}", "2^{99999}x", "99!x", "", "__import__('os')"]
)
def test_what_is_no_bounded_formula_has_no_form(text: str) -> None:
    assert canonical_formula(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "(a+b+c+d+e)^{99}",  # ran for minutes
        "(a+b+c+d)^{40}",  # had half a million characters
        "(a+b+c)^9 (d+e+f)^9",
        "((a+b+c)^9)^9",
        "\\frac{1}{(a+b+c+d+e)^{99}}",
        "\\sqrt{(a+b+c+d+e)^{99}}",
        "\\sin((a+b+c+d+e)^{99})",
        "(((2^{99})^{99})^{99})^{99}x",
        "12345678901234567890123456789^{99}x",
        "x + 9^{99*99*99}",
        "x + 9^{(9)99999}",
        "x + 9^9^9^9",
        "x + 9^{9}^{9^9}",
        "x + 9^{{9}{^9}}",
        "x + 9^(9^9)",
    ],
)
def test_what_would_grow_without_bound_has_no_form(text: str) -> None:
    # Without the bound this test does not end.
    assert canonical_formula(text, in_math=True) is None


def test_a_bounded_power_of_a_sum_is_expanded() -> None:
    assert canonical_formula("(a+b)^2") == canonical_formula("2a b + b^2 + a^2")
    assert canonical_formula("(x+1)^{10}") is not None
    assert canonical_formula("e^{2x}") is not None


def test_letters_never_match() -> None:
    assert canonical_formula("A", in_math=True) is None


def test_a_formula_is_read_off_the_main_thread() -> None:
    # math-verify's own timeouts set SIGALRM, which raises there.
    forms: list[str | None] = []
    thread = Thread(target=lambda: forms.append(canonical_formula(r"\frac{\pi}{2}")))
    thread.start()
    thread.join()
    assert forms == ["pi/2"]


def test_sympy_is_not_imported_for_a_number() -> None:
    read = "from cotfaith.text.generations import read_answer; read_answer('5 - 2 = 3. The answer is 3.', 'The answer is')"
    code = f"import sys; {read}; print('sympy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "False"


@pytest.mark.parametrize("formula", ["(a+b+c+d+e)^{99}", "(a+b)^{-999}", "\\frac{1}{(a+b+c+d)^{40}}"])
def test_a_formula_without_a_form_states_none_of_its_numbers(formula: str) -> None:
    assert read_answer(f"The answer is ${formula}$.", "The answer is").verdict == Verdict(None, "missing")
