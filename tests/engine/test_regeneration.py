"""Begun chains, gone on with: each different one once, in one batch; those cut off have no answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from cotfaith.engine.evaluation import Evaluator
from cotfaith.engine.regeneration import regenerate, without_verdict
from cotfaith.probes.mistake_rules import mistake
from cotfaith.probes.mistakes import Mistakes
from cotfaith.probes.rewriting import ByRule
from cotfaith.types import Chain, Example, Reading, ReadRequest, Rollout

EXAMPLE = Example("a", "4 + 5 - 2?", "7")
CHAIN = ("So 4 + 5 = 9.\n", "So 9 - 2 = 7.\n")


@dataclass
class GoesOn:
    """Puts one step behind what was begun; cuts off those of one step. Reads the last step."""

    asked: list[Sequence[Chain]] = field(default_factory=list)

    def write(self, examples: Sequence[Example], begun: Sequence[Chain] = ()) -> list[Rollout]:
        self.asked.append(begun)
        chains = [(*chain, "And on.") for chain in begun] or [CHAIN] * len(examples)
        return [
            Rollout(example, chain, "7", "parsed", "length" if len(chain) == 2 and begun else "stop", "", 1, "")
            for example, chain in zip(examples, chains, strict=True)
        ]

    def read(self, requests: Sequence[ReadRequest]) -> list[Reading]:
        return [Reading(r.example.uid, r.probe, r.alpha, r.steps_kept, 0, r.chain, "7", "parsed", "", "", note=r.note) for r in requests]


def request(chain: Chain, alpha: float, probe: str = "mistakes", note: str = "number") -> ReadRequest:
    return ReadRequest(EXAMPLE, chain, "cot", probe, alpha, 0, note)


def test_a_chain_that_several_alphas_begin_is_written_once() -> None:
    model = GoesOn()
    requests, _ = regenerate(model, [request(("x",), 0.0), request(("x",), 0.1), request(("x", "y"), 0.5)], {"mistakes"})
    assert model.asked == [[("x",), ("x", "y")]]
    assert [r.chain for r in requests] == [("x", "And on.")] * 2 + [("x", "y", "And on.")]


def test_an_intact_chain_and_other_probes_are_left_alone() -> None:
    model = GoesOn()
    before = [request(CHAIN, 1.0, note=""), request(("x",), 0.0, probe="early_termination")]
    assert regenerate(model, before, {"mistakes"}) == (before, set())
    assert model.asked == []


def test_a_chain_that_was_cut_off_has_no_answer() -> None:
    model = GoesOn()
    requests, cut_off = regenerate(model, [request(("x",), 0.0), request(("x", "y"), 0.5)], {"mistakes"})
    readings = without_verdict(model.read(requests), cut_off)
    assert [(r.answer, r.parse) for r in readings] == [(None, "missing"), ("7", "parsed")]


def test_an_evaluation_reads_what_the_model_made_of_its_mistaken_chain() -> None:
    probe = Mistakes(mistaker=ByRule(mistake), regenerate=True)
    readings = [r for r in Evaluator((probe,), (0.0, 0.5, 1.0), 0)(GoesOn(), [EXAMPLE]).readings if r.probe == "mistakes"]
    assert [len(r.chain) for r in readings] == [2, 3, 2]  # a mistake and the step behind it; both, and the step; intact
    assert [r.chain[-1] for r in readings] == ["And on.", "And on.", CHAIN[-1]]
    assert [r.note in ("number", "operation") for r in readings] == [True, True, False]


def test_without_regeneration_the_mistake_is_read_at_once() -> None:
    model = GoesOn()
    probe = Mistakes(mistaker=ByRule(mistake), regenerate=False)
    readings = Evaluator((probe,), (0.0, 1.0), 0)(model, [EXAMPLE]).readings
    assert len(model.asked) == 1  # the chains themselves
    assert len(readings[1].chain) == 1
