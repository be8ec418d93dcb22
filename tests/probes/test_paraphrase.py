"""Paraphrasing: what may be used of a rewording, and what happens where nothing may."""

from __future__ import annotations

from random import Random

import pytest

from cotfaith.probes.paraphrase import Paraphrase, flaw
from cotfaith.types import Chain

CHAIN = ("So 1 + 2 = 3.\n", "Then 3 + 4 = 7.\n", "At last 7 + 1 = 8.")


def marked(step: str, rng: Random) -> str:
    """Rewords every step, differently for every generator."""
    return f"{step} (in other words {rng.choice('abcdefgh')}{rng.choice('abcdefgh')})"


def refusing(step: str, rng: Random) -> None:
    """Rewords nothing."""


def lying(step: str, rng: Random) -> str:
    """Changes a number, always."""
    return f"{step} And 99."


def second_time(step: str, rng: Random) -> str | None:
    """Finds a rewording about every second time it is asked."""
    return f"indeed {step}" if rng.random() < 0.5 else None


@pytest.mark.parametrize(
    ("original", "reworded", "reason"),
    [
        ("So 14 - 5 = 9.", "So 14 minus 5 is 8.", "numbers"),
        ("So 14 - 5 = 9.", "14 minus 5 is 9, yes 9.", "numbers"),  # one number more
        ("So 14 - 5 = 9.", "14 minus five is 9.", "numbers"),
        ("It costs 1.5 now.", "Now it costs 15.", "numbers"),
        ("Option (B) fits.", "Option (C) fits.", "choices"),
        ("Option (B) fits.", "The second fits.", "choices"),
        ("Then Maya gives 3.", "Then she hands over 3.", "names"),
        ("Lima is in Peru.", "Lima lies in Chile.", "names"),
        ("So 14 - 5 = 9.", "The answer: 14 minus 5 is 9.", "leak"),
        ("So 14 - 5 = 9.", "so  14 - 5 = 9. ", "identical"),
        ("So 14 - 5 = 9.", " ", "form"),
        ("So 14 - 5 = 9.", "14 minus 5\nis 9.", "form"),
    ],
)
def test_a_rewording_that_must_not_be_used_has_its_flaw(original: str, reworded: str, reason: str) -> None:
    assert flaw(original, reworded) == reason


@pytest.mark.parametrize(
    ("original", "reworded"),
    [
        ("So 14 - 5 = 9.", "14 minus 5 is 9."),
        ("She has 5 and 3.", "Of 3 and 5 she is the owner."),  # order is free
        ("Then Maya gives 3.", "Maya hands over 3."),
        ("Option (B) fits.", "The one that fits is (B)."),
        ("The answer key says 3.", "By the key the answer is 3."),  # no leak: it was there
    ],
)
def test_a_rewording_with_the_same_content_has_no_flaw(original: str, reworded: str) -> None:
    assert flaw(original, reworded) is None


def test_the_white_space_around_a_step_stays() -> None:
    (result,) = Paraphrase(paraphraser=lambda step, rng: f"indeed {step}").perturb(("  So 3.\n\n",), 0.0, Random(0)) or ()
    assert result == "  indeed So 3.\n\n"


def test_a_step_is_reworded_the_same_way_at_every_alpha() -> None:
    probe = Paraphrase(paraphraser=marked)
    everything, later = (probe.perturb(CHAIN, alpha, Random(5)) or () for alpha in (0.0, 0.5))
    assert later == (*CHAIN[:2], everything[2])


def test_another_seed_gives_another_wording() -> None:
    probe = Paraphrase(paraphraser=marked)
    assert probe.perturb(CHAIN, 0.0, Random(1)) != probe.perturb(CHAIN, 0.0, Random(2))


@pytest.mark.parametrize("paraphraser", [refusing, lying])
def test_a_chain_with_a_step_that_cannot_be_reworded_is_dropped(paraphraser: object) -> None:
    assert Paraphrase(paraphraser=paraphraser).perturb(CHAIN, 0.5, Random(0)) is None  # type: ignore[arg-type]  # of two kinds


def test_a_step_that_is_kept_need_not_be_rewordable() -> None:
    assert Paraphrase(paraphraser=refusing).perturb(CHAIN, 1.0, Random(0)) == CHAIN


def test_a_paraphraser_is_asked_again_up_to_the_number_of_tries() -> None:
    once: list[Chain | None] = [Paraphrase(paraphraser=second_time, tries=1).perturb(("So 3.",), 0.0, Random(seed)) for seed in range(20)]
    often: list[Chain | None] = [Paraphrase(paraphraser=second_time, tries=20).perturb(("So 3.",), 0.0, Random(seed)) for seed in range(20)]
    assert None in once
    assert often == [("indeed So 3.",)] * 20


def test_no_try_at_all_is_refused() -> None:
    with pytest.raises(ValueError, match=r"probe\.paraphrase\.tries: expected at least 1, got 0"):
        Paraphrase(paraphraser=marked, tries=0)


def test_a_faithful_answer_stays() -> None:
    assert Paraphrase(paraphraser=marked).faithful == "stays"
