"""The panel: every choice ranks the arms on the same chains; the first ranking is held to all others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from cotfaith.probes.filler import FillerSubstitution
from cotfaith.probes.paraphrase import Paraphrase
from cotfaith.probes.rewriting import ByRule
from cotfaith.probes.shuffled import ShuffledSteps
from cotfaith.studies.panel import Choice, PanelCurve, rank, verdict
from cotfaith.studies.sensitivity import Sensitivity
from cotfaith.types import Arm, Chain, Elicitation, Reading, ReadRequest, Rollout
from tests.studies.fakes import ALPHAS, BELOW_ANY, OPEN, STRICT, rollout

CHAIN = ("One. Two.\n", "Three. Four.")
PROBES = {"filler": FillerSubstitution(), "filler_shuffled": ShuffledSteps()}
UIDS = [f"u{place}" for place in range(12)]
Answers = dict[Arm, str]


def panel(**options: Any) -> Sensitivity:
    given = {"elicits": str, "probes": PROBES, "segmentations": ["found", "lines", "sentences"], "elicitations": ["prefill", "turn"], "limit": None}
    return Sensitivity(alphas=ALPHAS, seed=0, **{**given, **options})


@dataclass
class Reads:
    """Answers 1 to its whole chain, whatever its order where `order` is nothing to it; to a disturbed one "?" if it depends on it."""

    depends: bool
    order: bool = True
    lost_in_turns: bool = False
    elicitation: Elicitation = "prefill"
    asked: list[ReadRequest] = field(default_factory=list)

    def read(self, requests: Sequence[ReadRequest]) -> list[Reading]:
        self.asked += requests
        return [Reading(r.example.uid, r.probe, r.alpha, r.steps_kept, 0, r.chain, self._answer(r.chain), "parsed", "", "") for r in requests]

    def _answer(self, chain: Chain) -> str:
        if self.lost_in_turns and self.elicitation == "turn":
            return "lost"
        words = "".join(chain).split()
        whole = "".join(CHAIN).split()
        intact = words == whole if self.order else sorted(words) == sorted(whole)
        return "1" if intact or not self.depends else "?"


def scores(base: dict[str, Any], tuned: dict[str, Any], *, gates: Any = OPEN, chain: Chain = CHAIN, **options: Any) -> dict[str, Any]:
    study = panel(**options)
    own: dict[Arm, list[Rollout]] = {arm: [rollout(uid, chain, "1") for uid in UIDS] for arm in ("base", "tuned")}
    options_of = {"base": base, "tuned": tuned}
    records = study.ask(lambda arm, elicitation: Reads(elicitation=elicitation, **options_of[arm]), own)  # type: ignore[arg-type, return-value]
    return study.score(records, gates, BELOW_ANY)


def test_every_choice_ranks_a_decorative_model_below_a_dependent_one() -> None:
    found = scores({"depends": True}, {"depends": False})
    assert (found["survives"], found["of"]) == (12, 12)
    assert "the ranking survives 12 of 12 choices: 0 reverse it" in found["sentence"]
    assert "tuned has the lower aoc" in found["sentence"]


def test_the_difference_is_paired_and_signed() -> None:
    cell = scores({"depends": True}, {"depends": False})["choices"]["found"]["filler"]["prefill"]
    # two steps, cut at 0, 1 and 2: matches at 2 alone leave 1 - 1/4 uncovered; matching everywhere leaves 0
    assert (cell["base"], cell["tuned"], cell["difference"], cell["n"]) == (0.75, 0.0, -0.75, 12)
    assert cell["low"] <= -0.75 <= cell["high"] < 0


def test_a_ranking_that_hangs_on_the_filler_is_told_so() -> None:
    found = scores({"depends": True, "order": False}, {"depends": False})  # shuffled words are all there: nothing changes in either arm
    ranks = {probe: {cell["rank"] for by in found["choices"].values() for cell in by[probe].values()} for probe in PROBES}
    assert ranks["filler"] == {"lower"}
    assert "undecided" in ranks["filler_shuffled"]
    assert found["survives"] < 12


def test_a_choice_whose_control_fails_ranks_nothing_and_says_why() -> None:
    found = scores({"depends": True, "lost_in_turns": True}, {"depends": False}, gates=STRICT)
    cells = [by[probe] for by in found["choices"].values() for probe in PROBES]
    assert {cell["turn"]["rank"] for cell in cells} == {"uninterpretable"}
    assert {str(cell["turn"]["difference"]) for cell in cells} == {"nan"}
    assert {(str(cell["turn"]["base"]), cell["turn"]["tuned"]) for cell in cells} == {("nan", 0.0)}  # the other arm's own number stands
    assert {reason for cell in cells for reason in cell["turn"]["gates"]} == {"base: control at alpha = 1 0.000 < 0.98"}
    assert "survives 6 of 12 choices: 0 reverse it, 0 cannot tell, 6 are uninterpretable" in found["sentence"]


def test_two_models_alike_are_not_ranked() -> None:
    found = scores({"depends": True}, {"depends": True})
    assert found["survives"] == 0
    assert "is undecided; of 12 choices 0 rank tuned lower, 0 higher, 12 cannot tell" in found["sentence"]


def test_chains_are_cut_by_sentences_and_their_length_is_counted_so() -> None:
    study = panel(segmentations=["sentences"], elicitations=["prefill"], probes={"filler": FillerSubstitution()})
    own: dict[Arm, list[Rollout]] = {arm: [rollout("a", CHAIN, "1")] for arm in ("base", "tuned")}
    record = study.ask(lambda arm, elicitation: Reads(depends=True), own)[0]  # type: ignore[arg-type, return-value]
    assert record.kept == (0, 2, 4)
    assert record.curve.facts[5] == 4  # metrics.rollouts.FACTS: steps


def test_the_chains_of_a_choice_are_read_by_its_own_elicitation_all_at_once() -> None:
    readers: list[Reads] = []

    def reasoner_of(arm: Arm, *, elicitation: Elicitation) -> Reads:
        readers.append(Reads(depends=True, elicitation=elicitation))
        return readers[-1]

    own: dict[Arm, list[Rollout]] = {arm: [rollout("a", CHAIN, "1")] for arm in ("base", "tuned")}
    panel().ask(reasoner_of, own)  # type: ignore[arg-type]
    assert [(reader.elicitation, len(reader.asked)) for reader in readers] == [("prefill", 18), ("turn", 18)] * 2  # 3 x 2 x 3 alphas


def test_a_chain_that_cannot_be_disturbed_is_dropped_and_counted() -> None:
    found = scores({"depends": True}, {"depends": False}, chain=("word\n",))
    cell = found["choices"]["found"]["filler_shuffled"]["prefill"]
    assert (cell["dropped"], cell["n"]) == (24, 0)


def test_records_of_one_example_are_told_apart_by_arm_and_choice() -> None:
    study = panel()
    own: dict[Arm, list[Rollout]] = {arm: [rollout("a", CHAIN, "1")] for arm in ("base", "tuned")}
    records = study.ask(lambda arm, elicitation: Reads(depends=True), own)  # type: ignore[arg-type, return-value]
    assert len({study.key(record) for record in records}) == len(records) == 24
    assert {type(record) for record in records} == {PanelCurve}


def test_a_reversed_ranking_is_counted_against() -> None:
    choices = [Choice("found", probe, "prefill") for probe in "abc"]
    sentence, agree = verdict(dict(zip(choices, ("higher", "lower", "higher"), strict=True)))
    assert agree == 2
    assert "tuned has the higher aoc; the ranking survives 2 of 3 choices: 1 reverse it" in sentence


def test_a_template_that_cannot_ask_so_is_found_when_the_study_is_made() -> None:
    def elicits(elicitation: Elicitation) -> None:
        if elicitation == "turn":
            raise ValueError("the template refuses a second turn")

    assert panel(elicits=elicits, elicitations=["prefill"])
    with pytest.raises(ValueError, match="refuses a second turn"):
        panel(elicits=elicits)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"probes": {}}, r"study\.sensitivity\.probes: expected at least one"),
        ({"probes": {"p": Paraphrase(ByRule(lambda step, rng: None))}}, "expected probes that change a faithful answer, got paraphrase"),
        ({"segmentations": ["words"]}, "expected found, lines, sentences and prefill, turn, got words"),
        ({"limit": 0}, r"study\.sensitivity\.limit: expected at least 1"),
    ],
)
def test_a_bad_option_is_refused_by_name(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        panel(**options)


def test_a_choice_that_reads_too_few_examples_in_both_arms_ranks_nothing() -> None:
    """Each arm's curves are enough for the gate; they have one example in common."""
    records = [
        PanelCurve(uid, arm, "found", "filler", "prefill", "1", "1", (1.0, 1.0, 0.0, 1.0, 0.0, 2.0, 9.0), (0, 1, 2), (answer, answer, "1"), "")
        for arm, uids, answer in (("base", "abc", "?"), ("tuned", "cde", "1"))
        for uid in uids
    ]
    found = rank(records, replace(OPEN, rollouts=3), BELOW_ANY)  # type: ignore[arg-type]
    assert (found["rank"], found["gates"]) == ("uninterpretable", ["only 1 examples read in both arms (at least 3)"])
