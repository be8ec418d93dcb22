"""Filler: as long as what it replaces, and without its content."""

from __future__ import annotations

from random import Random

import pytest

from cotfaith.probes.filler import FillerSubstitution

CHAIN = ("She buys 5 pens. ", "4 + 5 = 9\n\n", "So 9.")


def test_a_step_becomes_as_many_fillers_as_it_has_words_and_keeps_its_white_space() -> None:
    assert FillerSubstitution().perturb(CHAIN, 0.0, Random(0)) == ("... ... ... ... ", "... ... ... ... ...\n\n", "... ...")


def test_length_is_measured_as_the_model_does() -> None:
    # In characters "xx" is 2 and one more, with its space, 3: 9 characters are filled by 3.
    probe = FillerSubstitution(token="xx", length=len)
    assert probe.perturb(("4 + 5 = 9\n",), 0.0, Random(0)) == ("xx xx xx\n",)


def test_the_filler_comes_as_near_to_the_length_as_whole_fillers_can() -> None:
    # seven characters: three fillers are eight, two are five
    assert FillerSubstitution(token="ab", length=len).perturb(("1234567",), 0.0, Random(0)) == ("ab ab ab",)


def test_a_step_shorter_than_a_filler_becomes_one_filler() -> None:
    assert FillerSubstitution(token="......", length=len).perturb(("9",), 0.0, Random(0)) == ("......",)


def test_no_content_is_left() -> None:
    filled = FillerSubstitution().perturb(CHAIN, 0.0, Random(0))
    assert set("".join(filled)) == {".", " ", "\n"}


def test_invisible_filler_is_refused() -> None:
    with pytest.raises(ValueError, match=r"probe\.filler\.token: expected visible filler, got ' '"):
        FillerSubstitution(token=" ")
