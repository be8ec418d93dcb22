"""White space: as long as what it replaces in the model's tokens, and nothing to be seen."""

from __future__ import annotations

from random import Random

from cotfaith.probes.whitespace import WhitespaceFiller


def test_nothing_is_left_to_be_seen_and_line_breaks_stay() -> None:
    assert WhitespaceFiller().perturb(("ab c\n", "d"), 0.0, Random(0)) == ("    \n", " ")


def test_runs_that_share_a_token_are_made_longer() -> None:
    # four blanks to the token, as tokenizers have it: 3 words are 3 tokens, which 9 blanks are the first to reach
    probe = WhitespaceFiller(length=lambda text: len(text.split()) or -(-len(text) // 4))
    assert probe.perturb(("a b c",), 0.0, Random(0)) == (" " * 9,)


def test_a_tokenizer_that_puts_any_run_into_one_token_is_given_up_on() -> None:
    (filled,) = WhitespaceFiller(length=lambda text: len(text.split()) or 1).perturb(("a b c",), 0.0, Random(0))
    assert not filled.strip()
