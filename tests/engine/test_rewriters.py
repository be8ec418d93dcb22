"""Who rewords: a model is asked about all steps at once, again about those it got wrong, and never about what a rule does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import pytest

from cotfaith.engine.rewriters import Rewriters, by_model
from cotfaith.probes.mistakes import Mistakes
from cotfaith.probes.paraphrase import Paraphrase
from cotfaith.types import Unusable

CHAINS = [("She buys 5.\n", "So 4 + 5 = 9.\n"), ("She buys 5.\n",)]


@dataclass
class Scripted:
    """Replies by the attempt, which opens the message, and the step behind it."""

    replies: dict[str, str | None]
    identity: str = "scripted"
    batches: list[list[str]] = field(default_factory=list)

    def reply(self, messages: Sequence[str]) -> list[str | None]:
        self.batches.append(list(messages))
        return [self.replies.get(message) for message in messages]


def rewriters(folder: Path, replier: Scripted | None = None) -> Rewriters:
    return by_model(bank=str(folder), reword=["1: {step}", "2: {step}"], mistake=["M: {step}"], replier=replier)


def test_steps_are_asked_together_and_those_with_a_flaw_again_in_other_words(tmp_path: Path) -> None:
    model = Scripted({"1: She buys 5.": "She gets 6.", "1: So 4 + 5 = 9.": "4 plus 5 is 9.", "2: She buys 5.": "5 she buys."})
    probe = Paraphrase(rewriters(tmp_path, model).paraphraser)
    probe.prepare(CHAINS, None)
    assert model.batches == [["1: So 2 + 2 = 4."], ["1: She buys 5.", "1: So 4 + 5 = 9."], ["2: She buys 5."]]  # the first is a trial
    assert probe.perturb(CHAINS[0], 0.0, Random(0)) == ("5 she buys.\n", "4 plus 5 is 9.\n")


def test_both_arms_get_the_same_words_and_the_second_asks_nothing(tmp_path: Path) -> None:
    words = {"1: She buys 5.": "5 she buys.", "1: So 4 + 5 = 9.": "4 plus 5 is 9."}
    for model, batches in ((Scripted(words), 1), (Scripted({}), 0)):
        probe = Paraphrase(rewriters(tmp_path).paraphraser)
        probe.prepare(CHAINS, model)
        assert len(model.batches) == batches
        assert probe.perturb(CHAINS[0], 0.0, Random(0)) == ("5 she buys.\n", "4 plus 5 is 9.\n")


def test_a_step_that_no_attempt_gets_right_drops_its_chain_for_the_last_reason(tmp_path: Path) -> None:
    model = Scripted({"1: She buys 5.": None, "2: She buys 5.": "The answer: she buys 5."})
    probe = Paraphrase(rewriters(tmp_path, model).paraphraser, tries=5)
    probe.prepare(CHAINS[1:], None)
    assert probe.perturb(CHAINS[1], 0.0, Random(0)) == Unusable("leak")


def test_a_model_makes_only_the_mistakes_that_no_rule_makes(tmp_path: Path) -> None:
    model = Scripted({"M: We see that.": "Lima sees that."})
    chain = ("We see that.\n", "So 4 + 5 = 9.\n")
    probe = Mistakes(rewriters(tmp_path, model).mistaker, regenerate=False)
    probe.prepare([chain], None)
    assert model.batches[1:] == [["M: We see that."]]
    assert probe.perturb(chain, 0.0, Random(0)) == Unusable("no mistake")  # "Lima" opens a sentence: nothing that is checked has changed


def test_without_a_model_to_ask_nothing_is_made_up(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="paraphraser=self: expected a local model to ask, found none"):
        Paraphrase(rewriters(tmp_path).paraphraser).prepare(CHAINS, None)


def test_an_endpoint_that_refuses_is_found_when_it_is_chosen(tmp_path: Path) -> None:
    class Refuses(Scripted):
        def reply(self, messages: Sequence[str]) -> list[str | None]:
            raise RuntimeError("answered 401")

    with pytest.raises(RuntimeError, match="answered 401"):
        rewriters(tmp_path, Refuses({}))


def test_a_wording_without_a_place_for_the_step_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"paraphraser\.mistake: expected \{step\} where the step goes in, got 'Lie\.'"):
        by_model(bank=str(tmp_path), reword=["{step}"], mistake=["Lie."])
    with pytest.raises(ValueError, match=r"paraphraser\.reword: expected at least one wording"):
        by_model(bank=str(tmp_path), reword=[], mistake=["{step}"])
