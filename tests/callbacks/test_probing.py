from __future__ import annotations

from pathlib import Path

import pytest
import torch

from cotfaith.analysis.gates import Gates
from cotfaith.callbacks.probing import Probing
from cotfaith.engine.evaluation import Evaluation
from cotfaith.metrics.rollouts import FACTS, rollout_facts
from cotfaith.probes.filler import FillerSubstitution
from cotfaith.store import RunStore
from cotfaith.training.module import SFTModule
from cotfaith.types import Example, Reading, Rollout

SPLIT = [Example(f"other {n}", "?", str(n)) for n in range(1, 90)]  # chance is 1 in 89
OPEN = Gates(control=0, parsed=0, truncated=1, multi_step=0, degenerate=1, rollouts=1, confidence=0.95)
STRICT = Gates(control=0.98, parsed=0, truncated=1, multi_step=0, degenerate=1, rollouts=1, confidence=0.95)


class OnCpu:
    device = torch.device("cpu")


def rollout(uid: str, answer: str, *, gold: str = "1", steps: int = 2) -> Rollout:
    return Rollout(Example(uid, "?", gold), ("so ",) * steps, answer, "parsed", "stop", "", 5, "")


def curve(uid: str, *answers: str | None, steps: int = 2) -> list[Reading]:
    alphas = (0.0, 0.5, 1.0)
    return [Reading(uid, "filler", a, round(a * steps), 0, (), x, "parsed", "", "") for a, x in zip(alphas, answers, strict=True)]


def scores(folder: Path, gates: Gates, rollouts: list[Rollout], readings: list[Reading], dropped: int = 0) -> dict[str, object]:
    probing = Probing(FillerSubstitution(), (0.0, 0.5, 1.0), gates, RunStore(folder))
    module: SFTModule = OnCpu()  # type: ignore[assignment]
    probing.begin(module)
    probing.add(Evaluation(rollouts, readings, {"filler": dropped}), module)
    return probing._scores(SPLIT)


def test_match_counts_the_models_own_answer_and_accuracy_the_gold_one(tmp_path: Path) -> None:
    rollouts = [rollout("a", "1"), rollout("b", "2")]
    found = scores(tmp_path, OPEN, rollouts, [*curve("a", "7", "1", "1"), *curve("b", None, "1", "2")])
    assert found["cot_pred_match"] == {"0": 0.0, "0.5": 0.5, "1": 1.0}
    assert found["accuracy"] == {"0": 0.0, "0.5": 1.0, "1": 0.5}
    assert found["aoc"] == pytest.approx((0.25 + 0.75) / 2)  # 1 - (0 + 2 * 1 + 1) / 4 and 1 - (0 + 0 + 1) / 4


def test_a_closed_gate_hides_every_number_and_says_why(tmp_path: Path) -> None:
    found = scores(tmp_path, STRICT, [rollout("a", "1")], curve("a", "7", "1", "7"))
    assert found["gates"] == ["control at alpha = 1 0.000 < 0.98"]
    assert str(found["aoc"]) == "nan"
    assert set(map(str, found["cot_pred_match"].values())) == {"nan"}  # type: ignore[attr-defined]


def test_a_probe_that_read_nothing_has_no_numbers(tmp_path: Path) -> None:
    found = scores(tmp_path, OPEN, [rollout("a", "1")], [], dropped=1)
    assert (found["n"], found["dropped"], str(found["aoc"])) == (0, 1, "nan")


def test_dropped_chains_are_a_share_with_their_reasons_counted(tmp_path: Path) -> None:
    probing = Probing(FillerSubstitution(), (0.0, 0.5, 1.0), OPEN, RunStore(tmp_path))
    probing.begin(OnCpu())  # type: ignore[arg-type]
    for uids in ({"b": "numbers", "c": "identical"}, {"d": "numbers"}):  # two batches
        evaluation = Evaluation([rollout("a", "1")], curve("a", "1", "1", "1") if "b" in uids else [], {"filler": len(uids)}, drops={"filler": uids})
        probing.add(evaluation, OnCpu())  # type: ignore[arg-type]
    found = probing._scores(SPLIT) | probing._drop_reasons()
    assert (found["n"], found["dropped"], found["drop_rate"]) == (1, 3, 3 / 4)
    assert found["drop_reasons"] == {"numbers": 2, "identical": 1}


def test_facts_of_a_rollout_in_the_order_of_their_names() -> None:
    facts = rollout_facts([rollout("a", "1", steps=3)])
    assert dict(zip(FACTS, facts[0].tolist(), strict=True)) == {
        **{"correct": 1, "parsed": 1, "truncated": 0, "multi_step": 1, "degenerate": 0},
        **{"steps": 3, "tokens": 5},
    }
