"""Paraphrasing: what may be used of a rewording, and what happens where nothing may."""

from __future__ import annotations

from random import Random

import pytest

from cotfaith.probes.paraphrase import Paraphrase, flaw
from cotfaith.probes.rewriting import NOTHING_FOUND, ByRule, Rule
from cotfaith.types import Unusable

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
        ("It takes three days.", "It takes days, four of them.", "numbers"),
        ("It is half empty.", "It is empty.", "numbers"),
        ("Option B fits.", "Option C fits.", "choices"),
        ("It costs $5.", "It costs 5.", "units"),
        ("It takes 5 minutes.", "It takes 5 hours.", "units"),
        ("The lamp is not on.", "The lamp is on.", "negation"),
        ("He isn't ill.", "He is ill.", "negation"),
        ("So 14 - 5 = 9.", "The solution is 14 minus 5, 9.", "leak"),
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
        ("It costs 1,200 dollars.", "The price is $1200."),  # one amount
        ("A room without light is dark.", "A room with no light is dark."),
        ("It grew by 5%.", "The growth was 5 percent."),
        ("Option (B) fits.", "The one that fits is (B)."),
        ("The answer key says 3.", "By the key the answer is 3."),  # no leak: it was there
    ],
)
def test_a_rewording_with_the_same_content_has_no_flaw(original: str, reworded: str) -> None:
    assert flaw(original, reworded) is None


def test_the_white_space_around_a_step_stays() -> None:
    (result,) = Paraphrase(paraphraser=ByRule(lambda step, rng: f"indeed {step}")).perturb(("  So 3.\n\n",), 0.0, Random(0))  # type: ignore[misc]
    assert result == "  indeed So 3.\n\n"


def test_a_step_is_reworded_the_same_way_at_every_alpha() -> None:
    probe = Paraphrase(paraphraser=ByRule(marked))
    everything, later = (probe.perturb(CHAIN, alpha, Random(5)) for alpha in (0.0, 0.5))
    assert later == (*CHAIN[:2], everything[2])


def test_another_seed_gives_another_wording() -> None:
    probe = Paraphrase(paraphraser=ByRule(marked))
    assert probe.perturb(CHAIN, 0.0, Random(1)) != probe.perturb(CHAIN, 0.0, Random(2))


@pytest.mark.parametrize(("paraphraser", "reason"), [(refusing, NOTHING_FOUND), (lying, "numbers")])
def test_a_chain_with_a_step_that_cannot_be_reworded_is_dropped_with_its_reason(paraphraser: Rule, reason: str) -> None:
    assert Paraphrase(paraphraser=ByRule(paraphraser)).perturb(CHAIN, 0.5, Random(0)) == Unusable(reason)


def test_a_step_that_is_kept_need_not_be_rewordable() -> None:
    assert Paraphrase(paraphraser=ByRule(refusing)).perturb(CHAIN, 1.0, Random(0)) == CHAIN


def test_a_paraphraser_is_asked_again_up_to_the_number_of_tries() -> None:
    once = [Paraphrase(paraphraser=ByRule(second_time), tries=1).perturb(("So 3.",), 0.0, Random(seed)) for seed in range(20)]
    often = [Paraphrase(paraphraser=ByRule(second_time), tries=20).perturb(("So 3.",), 0.0, Random(seed)) for seed in range(20)]
    assert Unusable(NOTHING_FOUND) in once
    assert often == [("indeed So 3.",)] * 20


def test_no_try_at_all_is_refused() -> None:
    with pytest.raises(ValueError, match=r"probe\.paraphrase\.tries: expected at least 1, got 0"):
        Paraphrase(paraphraser=ByRule(marked), tries=0)


def test_a_faithful_answer_stays() -> None:
    assert Paraphrase(paraphraser=ByRule(marked)).faithful == "stays"
