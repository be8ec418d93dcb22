"""Numbers: one canonical form for each value, and none for what is no number."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cotfaith.text.numbers import canonical_number, numbers


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("1234", "1234"),
        ("1,234", "1234"),
        ("$1,234.00", "1234"),
        ("$ 5", "5"),
        ("-7", "-7"),
        ("-$7.50", "-7.5"),
        ("\u22127", "-7"),  # the typesetter's minus
        ("3.10", "3.1"),
        (".5", "0.5"),
        ("0.0", "0"),
        ("-0", "0"),
        ("007", "7"),
        ("1000000", "1000000"),  # no exponent
        ("100.00", "100"),
        (" 8 ", "8"),
        ("50%", "50"),  # never 0.5
        ("1e5", "100000"),
        ("1.2 x 10^3", "1200"),
        ("1.2 \\times 10^{-1}", "0.12"),
        ("2^{10}", "1024"),
        ("10^-2", "0.01"),
        ("3/4", "0.75"),
        ("2/6", "1/3"),  # a decimal without end
        ("-\\frac{1}{2}", "-0.5"),
        ("1 1/2", "1.5"),
        ("1\\frac{1}{2}", "1.5"),
        ("2\u00bd", "2.5"),
        ("2 and a half", "2.5"),
        ("2 million", "2000000"),
        ("2 dozen", "24"),
        ("4 hundred", "400"),
        ("1.5k", "1500"),
        ("5K", "5000"),
        ("$5M", "5000000"),
        ("$2bn", "2000000000"),
        ("1e2 * 10^3", "100000"),
        ("1 234", "1234"),
        ("1\u2009234", "1234"),
        ("1\\,234", "1234"),
        ("1{,}234", "1234"),
        ("\\$5", "5"),
        ("$-5", "-5"),
        ("\u20ac77", "77"),
        ("0.30000000000000000000000000000000000001", "0.30000000000000000000000000000000000001"),  # exact
    ],
)
def test_a_number_has_one_canonical_form(text: str, canonical: str) -> None:
    assert canonical_number(text) == canonical


@pytest.mark.parametrize(
    "text",
    [
        "",
        "two",
        "1,23",
        "12,34",
        "1.2.3",
        "3 4",
        ".",
        "1/0",
        "0^-1",
        "3:30",
        "1:2",
        "3rd",
        "B12",
        "2x",
        "5M",
        "3\u03c0",
        "5!.",
        "9" * 5000,
        "9" * 290 + "^99",
    ],
)
def test_what_is_not_one_number_has_no_canonical_form(text: str) -> None:
    assert canonical_number(text) is None


@settings(deadline=None, max_examples=100)
@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**9), max_value=10**9, places=3))
def test_a_canonical_number_is_its_own_canonical_form_and_keeps_its_value(number: object) -> None:
    canonical = canonical_number(f"{number:,}")
    assert canonical is not None
    assert canonical_number(canonical) == canonical
    assert float(canonical) == float(str(number))


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("48+24 = 72 clips", ["48", "24", "72"]),
        ("at 3:30 she had 12", ["12"]),
        ("from 5-8 miles", ["5", "8"]),
        ("$50,000/year for 240g", ["50000", "240"]),
        ("1.234,5", ["1.234", "5"]),
        ("10 cm^2 and x^3", ["10"]),  # an exponent of a unit or a variable
        ("2 dozens of eggs", ["2"]),  # dozens are what is counted; "2 dozen eggs" are 24
        ("3x = 12", ["", "12"]),  # times something that is no number
        ("3 x 4, 3x4", ["3", "4", "3", "4"]),
        ("5kg, 5 km, 240g, 5m, 3 pies", ["5", "5", "240", "5", "3"]),  # units
        ("5 500 ml bottles", ["5", "500"]),  # a blank is a thousands separator only before no word
    ],
)
def test_all_numbers_of_a_text_are_found_in_order(text: str, values: list[str]) -> None:
    assert [number.value for number in numbers(text)] == values
