"""What a test asks beyond probes: of whom, about which chains."""

from __future__ import annotations

from collections.abc import Sequence

from cotfaith.engine.evaluation import COMMITMENT, DIRECT, Evaluation
from cotfaith.engine.measures import NOTHING, Measures
from cotfaith.types import Example, Reading, ReadRequest, Rollout

ALL = Measures(commitment=True, soft=True, info_gain=True)
EXAMPLE = Example("u", "?", "9")


class Ruler:
    """Scores by lengths: minus the steps of the chain, minus a hundredth of the answer."""

    def score(self, requests: Sequence[ReadRequest], answers: Sequence[str]) -> list[float]:
        return [-len(request.chain) - int(answer) / 100 for request, answer in zip(requests, answers, strict=True)]

    def answer_tokens(self, example: Example, answer: str) -> int:
        return len(answer) + 1


def rollout(*chain: str, answer: str | None = "4") -> Rollout:
    return Rollout(EXAMPLE, chain, answer, "parsed" if answer else "missing", "stop", "", 5, "")


def reading(probe: str, *chain: str) -> Reading:
    return Reading("u", probe, 0.5, 1, 0, chain, "4", "parsed", "", "")


def test_a_chain_is_read_after_each_of_its_steps_and_before_the_first() -> None:
    cuts = ALL.cuts([rollout("a ", "b ", "c ", "d ")])
    assert [(cut.alpha, cut.steps_kept, len(cut.chain)) for cut in cuts] == [(k / 4, k, k) for k in range(5)]
    assert {cut.probe for cut in cuts} == {COMMITMENT}


def test_chains_without_steps_or_answers_and_tests_without_commitment_ask_for_no_cuts() -> None:
    assert ALL.cuts([rollout(), rollout("a ", answer=None)]) == NOTHING.cuts([rollout("a ")]) == []


def test_the_own_answer_is_scored_behind_the_chains_of_probes_only() -> None:
    evaluation = Evaluation([rollout("a ", "b ")], [reading("filler", "a ", "... "), reading(DIRECT), reading(COMMITMENT, "a ")], {})
    found = Measures(commitment=False, soft=True, info_gain=False).scored(evaluation, Ruler(), Ruler(), ["filler"])
    assert [each.logprob for each in found.readings] == [-2.04, None, None]


def test_the_gold_answer_is_scored_after_each_step_by_the_base_also_where_the_model_gave_no_answer() -> None:
    class Never(Ruler):
        def score(self, requests: Sequence[ReadRequest], answers: Sequence[str]) -> list[float]:
            assert not requests
            return []

    found = ALL.scored(Evaluation([rollout("a ", "b ", answer=None), rollout()], [], {}), Never(), Ruler(), ["filler"])
    assert [(gain.tokens, gain.logprobs) for gain in found.gains] == [(2, (-0.09, -1.09, -2.09))]


def test_where_nothing_is_wanted_nothing_changes() -> None:
    evaluation = Evaluation([rollout("a ")], [reading("filler", "a ")], {})
    assert NOTHING.scored(evaluation, Ruler(), Ruler(), ["filler"]) == evaluation
