"""Studies: asked once both arms have been tested, of the examples they are limited to, with records gathered and told apart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import pyarrow.parquet as pq
import pytest

from cotfaith.callbacks import records
from cotfaith.callbacks.measurement import Setting
from cotfaith.callbacks.studying import Studying
from cotfaith.engine.evaluation import Evaluation
from cotfaith.engine.meter import Cost
from cotfaith.store import RunStore
from cotfaith.types import Arm, Example, Rollout, Split
from tests.studies.fakes import OPEN, rollout

COST = {"read_tokens": 10, "read_forwards": 2, "read_seconds": 0.5}  # of one study
EXAMPLES = tuple(Example(uid, "?", "1") for uid in "abc")


@dataclass(frozen=True, slots=True)
class Seen:
    uid: str
    base: str | None
    tuned: str | None


@dataclass
class Counting:
    """Pairs the answers of the arms and counts those that changed."""

    limit: int | None = None
    asked: list[str] = field(default_factory=list)
    name: ClassVar[str] = "counting"
    kind: ClassVar[type[Seen]] = Seen
    weakens: ClassVar[bool] = False

    def key(self, record: Seen) -> tuple[object, ...]:
        return (record.uid,)

    def ask(self, reasoner_of: Any, rollouts: Mapping[Arm, Sequence[Rollout]]) -> list[Seen]:
        self.asked += [rollout.example.uid for rollout in rollouts["base"]]
        return [Seen(b.example.uid, b.answer, t.answer) for b, t in zip(rollouts["base"], rollouts["tuned"], strict=True)]

    def score(self, records: Sequence[Seen], gates: Any, chance: float) -> dict[str, Any]:
        return {"changed": sum(record.base != record.tuned for record in records), "n": len(records)}


class Module:
    """What a study needs of the module and its interview. Whatever is asked costs the same."""

    def __init__(self) -> None:
        self.logged: dict[str, float] = {}
        self.reasoner = None
        self.costs = {"read": Cost(99, 9, 9.0)}  # of the tests

    @contextmanager
    def asking(self) -> Iterator[Module]:
        yield self

    def spent(self) -> dict[str, Cost]:
        spent, self.costs = self.costs, {"read": Cost(10, 2, 0.5)}
        return spent

    def log_dict(self, numbers: dict[str, float]) -> None:
        self.logged |= numbers


class Leader:
    is_global_zero = True


def after_tests(folder: Path, study: Counting, *settings: tuple[Split, Arm, str], prefix: str = "") -> Module:
    """Run tests one after the other; the tuned arm answers otherwise."""
    module, callback = Module(), Studying([study], OPEN, RunStore(folder))
    for split, arm, dataset in settings:
        written = [rollout(example.uid, ("so ",), "1" if arm == "base" else "2") for example in EXAMPLES]
        callback.begin(module)  # type: ignore[arg-type]
        callback.add(Evaluation(written, [], {}), module)  # type: ignore[arg-type]
        callback.end(Leader(), module, Setting(split, arm, dataset, 0, EXAMPLES, prefix))  # type: ignore[arg-type]
    return module


def test_a_study_is_asked_when_both_arms_have_been_tested_on_a_dataset(tmp_path: Path) -> None:
    module = after_tests(tmp_path, Counting(), ("test", "base", "x"), ("test", "base", "y"), ("test", "tuned", "x"), ("test", "tuned", "y"))
    assert RunStore(tmp_path).studies() == {"counting": {"x": {"changed": 3, "n": 3, "cost": COST}, "y": {"changed": 3, "n": 3, "cost": COST}}}
    assert (module.logged["study/counting/changed"], module.logged["study/counting/cost/read_tokens"]) == (3, 10)
    assert pq.read_table(tmp_path / "records" / "studies" / "counting" / "x.parquet")["tuned"].to_pylist() == ["2"] * 3


@pytest.mark.parametrize("only", [("test", "base"), ("test", "tuned"), ("val", "tuned")])
def test_one_arm_alone_or_a_validation_asks_nothing(tmp_path: Path, only: tuple[Split, Arm]) -> None:
    after_tests(tmp_path, Counting(), (*only, "x"))
    assert RunStore(tmp_path).studies() == {}


def test_a_limit_takes_the_first_examples_of_the_split(tmp_path: Path) -> None:
    study = Counting(limit=2)
    after_tests(tmp_path, study, ("test", "base", "x"), ("test", "tuned", "x"))
    assert study.asked == ["a", "b"]


def test_a_further_dataset_is_logged_under_its_name(tmp_path: Path) -> None:
    module = after_tests(tmp_path, Counting(), ("test", "base", "x"), ("test", "tuned", "x"), prefix="x/")
    assert module.logged["study/counting/x/n"] == 3


def test_what_two_processes_asked_twice_counts_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records.dist, "is_initialized", lambda: True)
    monkeypatch.setattr(records.dist, "get_world_size", lambda: 2)
    monkeypatch.setattr(records.dist, "all_gather_object", lambda parts, own: parts.__setitem__(slice(None), [own, own]))
    after_tests(tmp_path, Counting(), ("test", "base", "x"), ("test", "tuned", "x"))
    found = RunStore(tmp_path).studies()["counting"]["x"]
    assert (found["n"], found["cost"]) == (3, {name: 2 * number for name, number in COST.items()})  # both have paid for it
