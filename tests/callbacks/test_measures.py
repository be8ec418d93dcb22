"""Commitment and information gain of a test: scored, gated, kept example by example. Further scores of a probe."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import torch

from cotfaith.analysis.gates import Gates
from cotfaith.callbacks.commitment import Committing, committed
from cotfaith.callbacks.further import FurtherScores
from cotfaith.callbacks.gaining import Gaining
from cotfaith.callbacks.measurement import Measurement, Setting
from cotfaith.engine.evaluation import COMMITMENT, DIRECT, Evaluation
from cotfaith.store import RunStore
from cotfaith.types import Example, Gain, Reading, Rollout, Split

OPEN = Gates(control=0, parsed=0, truncated=1, multi_step=0, degenerate=1, rollouts=1, confidence=0.95)
STRICT = Gates(control=0.98, parsed=0, truncated=1, multi_step=0, degenerate=1, rollouts=1, confidence=0.95)
EXAMPLES = [Example("a", "?", "1"), *(Example(f"other {n}", "?", str(n)) for n in range(2, 90))]  # chance is 1 in 89


class Module:
    device = torch.device("cpu")

    def __init__(self) -> None:
        self.logged: dict[str, float] = {}

    def log_dict(self, numbers: dict[str, float]) -> None:
        self.logged |= numbers


class Leader:
    is_global_zero = True


def rollout(uid: str, answer: str = "1", steps: int = 2) -> Rollout:
    return Rollout(Example(uid, "?", "1"), ("so ",) * steps, answer, "parsed", "stop", "", 5, "")


def cuts(uid: str, *answers: str) -> list[Reading]:
    return [Reading(uid, COMMITMENT, k / (len(answers) - 1), k, 0, (), answer, "parsed", "", "") for k, answer in enumerate(answers)]


def ended(callback: Measurement, evaluation: Evaluation, split: Split = "test") -> dict[str, float]:
    module: Any = Module()
    callback.begin(module)
    callback.add(evaluation, module)
    callback.end(Leader(), module, Setting(split, "tuned", "x", 0, EXAMPLES))  # type: ignore[arg-type]
    logged: dict[str, float] = module.logged
    return logged


def test_each_chain_has_its_cut_whatever_the_order_of_the_readings() -> None:
    readings = [*cuts("a", "7", "1", "1"), *cuts("b", "1", "1", "7")][::-1]
    found = {record.uid: record for record in committed(Evaluation([rollout("a"), rollout("b")], readings, {}))}
    assert [(found[uid].steps, found[uid].kept, found[uid].commitment) for uid in "ab"] == [(2, 1, 0.5), (2, None, None)]


def test_commitment_is_logged_scored_and_kept(tmp_path: Path) -> None:
    logged = ended(Committing(OPEN, RunStore(tmp_path)), Evaluation([rollout("a")], cuts("a", "7", "1", "1"), {}))
    assert logged["test/commitment/mean"] == 0.5
    assert RunStore(tmp_path).metrics()["tuned"]["x"]["commitment"] == {"mean": 0.5, "n": 1, "settled": 1, "gates": []}
    assert pq.read_table(tmp_path / "records" / "tuned" / "x" / "commitments.parquet")["kept"].to_pylist() == [1]


def test_a_failed_control_hides_the_commitment(tmp_path: Path) -> None:
    logged = ended(Committing(STRICT, RunStore(tmp_path)), Evaluation([rollout("a")], cuts("a", "1", "1", "7"), {}))
    assert math.isnan(logged["test/commitment/mean"])
    assert RunStore(tmp_path).metrics()["tuned"]["x"]["commitment"]["gates"] == ["control at alpha = 1 0.000 < 0.98"]


def test_information_gain_is_logged_scored_and_kept(tmp_path: Path) -> None:
    gain = Gain("a", 2, (-6.0, -2.0, -1.0))
    logged = ended(Gaining(OPEN, RunStore(tmp_path)), Evaluation([rollout("a")], [], {}, [gain]))
    assert (logged["test/info_gain/log"], logged["test/info_gain/by_step/2"]) == (1.25, 0.5)
    assert RunStore(tmp_path).metrics()["tuned"]["x"]["info_gain"]["by_step"] == {"1": 2.0, "2": 0.5}
    assert pq.read_table(tmp_path / "records" / "tuned" / "x" / "gains.parquet")["logprobs"].to_pylist() == [[-6.0, -2.0, -1.0]]


def test_too_few_chains_hide_the_information_gain(tmp_path: Path) -> None:
    gates = Gates(control=0, parsed=0, truncated=1, multi_step=0, degenerate=1, rollouts=30, confidence=0.95)
    ended(Gaining(gates, RunStore(tmp_path)), Evaluation([rollout("a")], [], {}, [Gain("a", 1, (-2.0, -1.0))]))
    found = RunStore(tmp_path).metrics()["tuned"]["x"]["info_gain"]
    assert (found["log"], found["perplexity"], found["by_step"]) == (None, None, {"1": None})


@pytest.mark.parametrize("kind", [Committing, Gaining])
def test_a_validation_scores_neither(tmp_path: Path, kind: Any) -> None:
    assert ended(kind(OPEN, RunStore(tmp_path)), Evaluation([rollout("a")], [], {}), "val") == {}


def further(readings: list[Reading], direct: str) -> dict[str, Any]:
    scores = FurtherScores((0.0, 1.0))
    alone = Reading("a", DIRECT, 1.0, 0, 0, (), direct, "parsed", "", "")
    evaluation = Evaluation([Rollout(Example("a", "?", "A", choices=("x", "y")), ("so ",), "A", "parsed", "stop", "", 5, "")], [alone], {})
    matched = torch.tensor([[reading.answer == "A" for reading in readings]])
    scores.add(evaluation, [readings], matched, torch.tensor([[0, 1]]), torch.tensor([1]))
    return scores.scores(1.0)


def test_a_probe_has_its_match_corrected_by_the_direct_answer() -> None:
    plain = [Reading("a", "filler", alpha, 0, 0, (), answer, "parsed", "", "") for alpha, answer in ((0.0, "B"), (1.0, "A"))]
    assert further(plain, "B") == {"normalised_match": {"0": 0.0, "1": 1.0}, "same_without_chain": 0.0}


def test_log_probabilities_and_margins_are_scored_where_they_were_asked() -> None:
    odds = ((0.0, -3.0, (math.log(0.2), math.log(0.6))), (1.0, -1.0, (math.log(0.8), math.log(0.1))))
    asked = [Reading("a", "filler", alpha, 0, 0, (), "A", "parsed", "", "", options, logprob=logprob) for alpha, logprob, options in odds]
    found = further(asked, "B")
    assert (found["logprob"], found["soft_aoc"]) == ({"0": -3.0, "1": -1.0}, 1.0)  # a drop of 2 that ends in 0
    assert found["option_margin"] == pytest.approx({"0": math.log(0.2 / 0.6), "1": math.log(0.8 / 0.1)})
    assert found["option_mass"] == pytest.approx({"0": 0.8, "1": 0.9})
