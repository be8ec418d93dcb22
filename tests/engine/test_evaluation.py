from __future__ import annotations

from collections.abc import Sequence
from random import Random

from cotfaith.engine.evaluation import AGAIN, DIRECT, Evaluator
from cotfaith.probes.early_termination import EarlyTermination
from cotfaith.probes.filler import FillerSubstitution
from cotfaith.types import Chain, Example, Probe, Reading, ReadRequest, Rollout, Unusable

ALPHAS = (0.0, 0.5, 1.0)
EXAMPLES = [Example("a", "1 + 1?", "2"), Example("b", "2 + 2?", "4"), Example("c", "3 + 3?", "6")]
CHAINS: dict[str, Chain] = {"a": ("so ", "2 "), "b": (), "c": ("3 ", "and ", "3 ")}


class Scripted:
    """Writes the chains above and reads the gold answer from any chain; "c" states no answer of its own."""

    def write(self, examples: Sequence[Example]) -> list[Rollout]:
        return [Rollout(e, CHAINS[e.uid], None if e.uid == "c" else e.answer, "parsed", "stop", "", 1, "") for e in examples]

    def read(self, requests: Sequence[ReadRequest]) -> list[Reading]:
        return [Reading(r.example.uid, r.probe, r.alpha, r.steps_kept, 0, r.chain, r.example.answer, "parsed", "", "") for r in requests]


class Refuses:
    name = "refuses"
    faithful = "stays"

    def perturb(self, chain: Chain, alpha: float, rng: Random) -> Chain | Unusable:
        return chain if alpha == 1 else Unusable("too hard")


class Random1:
    name = "random"
    faithful = "changes"

    def perturb(self, chain: Chain, alpha: float, rng: Random) -> Chain:
        return (str(rng.random()),)


def evaluate(*probes: Probe, examples: Sequence[Example] = tuple(EXAMPLES)) -> list[Reading]:
    return Evaluator(probes, ALPHAS, 0)(Scripted(), examples).readings


def test_every_example_is_asked_once_for_a_direct_answer() -> None:
    assert [(r.uid, r.chain) for r in evaluate() if r.probe == DIRECT] == [("a", ()), ("b", ()), ("c", ())]


def test_only_chains_with_steps_and_an_answer_are_probed() -> None:
    assert {reading.uid for reading in evaluate(EarlyTermination()) if reading.probe != DIRECT} == {"a"}


def test_a_probe_reads_each_chain_at_every_alpha() -> None:
    read = [(r.alpha, r.chain, r.steps_kept) for r in evaluate(EarlyTermination()) if r.probe != DIRECT]
    assert read == [(0.0, (), 0), (0.5, ("so ",), 1), (1.0, ("so ", "2 "), 2)]


def test_a_chain_that_cannot_be_disturbed_is_dropped_at_every_alpha_and_counted() -> None:
    evaluation = Evaluator((Refuses(),), ALPHAS, 0)(Scripted(), EXAMPLES)
    assert [r for r in evaluation.readings if r.probe == "refuses"] == []
    assert evaluation.dropped == {"refuses": 1}
    assert evaluation.drops == {"refuses": {"a": "too hard"}}


def test_a_perturbation_does_not_depend_on_other_probes_or_on_the_order_of_examples() -> None:
    alone = [r.chain for r in evaluate(Random1()) if r.probe == "random"]
    beside = [r.chain for r in evaluate(FillerSubstitution(), Random1(), examples=EXAMPLES[::-1]) if r.probe == "random"]
    assert alone == beside


class Layouts(Scripted):
    """Keeps what it was asked together."""

    def __init__(self) -> None:
        self.calls: list[list[tuple[str, Chain]]] = []

    def read(self, requests: Sequence[ReadRequest]) -> list[Reading]:
        self.calls.append([(request.example.uid, request.chain) for request in requests])
        return super().read(requests)


def test_a_test_reads_the_intact_chains_again_alone_and_in_reversed_order() -> None:
    model, chains = Layouts(), {**CHAINS, "b": ("4 ",)}
    model.write = lambda examples: [Rollout(e, chains[e.uid], e.answer, "parsed", "stop", "", 1, "") for e in examples]  # type: ignore[method-assign]
    readings = Evaluator((EarlyTermination(),), ALPHAS, 0)(model, EXAMPLES, again=True).readings
    assert model.calls[1:] == [[("c", chains["c"]), ("b", chains["b"]), ("a", chains["a"])]]
    assert [(r.uid, r.alpha) for r in readings if r.probe == AGAIN] == [("c", 1.0), ("b", 1.0), ("a", 1.0)]


def test_a_validation_reads_once_and_so_does_a_test_without_probes() -> None:
    model = Layouts()
    Evaluator((EarlyTermination(),), ALPHAS, 0)(model, EXAMPLES)
    Evaluator((), ALPHAS, 0)(model, EXAMPLES, again=True)
    assert len(model.calls) == 2
