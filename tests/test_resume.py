"""A run that is started again with resume=true, and a base that is shared: nothing is done twice, and the numbers are the same."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from filelock import FileLock
from omegaconf import DictConfig

from cotfaith.engine.tokens import TokenEngine
from cotfaith.models.base import BaseModel
from cotfaith.run import train
from cotfaith.store import RunStore

Compose = Callable[..., DictConfig]
pytestmark = pytest.mark.xdist_group("resume")
TINY = (
    *("dataset=arithmetic", "dataset.train_size=16", "dataset.val_size=4", "dataset.test_size=6", "dataset.max_steps=3"),
    *("probe=[filler]", "data.batch_size=4", "engine.max_new_tokens=64", "callbacks.progress=null", "callbacks.last.every=1", "study=[]"),
)


def numbers(folder: Path) -> dict[str, Any]:
    """The final scores without what they cost."""
    metrics = RunStore(folder).metrics()
    return {arm: {key: value for key, value in of["arithmetic"].items() if key not in ("cost", "training")} for arm, of in metrics.items()}


def costs(folder: Path) -> dict[str, Any]:
    return {arm: of["arithmetic"]["cost"] for arm, of in RunStore(folder).metrics().items()}


@pytest.fixture
def run(compose_run: Compose, tmp_path: Path) -> Callable[..., float]:
    """Train in tmp_path/NAME; the objective."""
    return lambda name, *overrides: train(compose_run("train", *TINY, f"run_dir={tmp_path / name}", *overrides))


def test_a_second_run_with_another_rank_asks_nothing_of_the_base(run: Callable[..., float], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shared = f"share_dir={tmp_path / 'shared'}"
    run("first", shared, "lora.r=4")
    arms: list[str] = []
    write = TokenEngine.write
    monkeypatch.setattr(TokenEngine, "write", lambda engine, *rest: arms.append(engine.arm) or write(engine, *rest))
    run("second", shared, "lora.r=8")
    assert set(arms) == {"tuned"}
    assert numbers(tmp_path / "second")["base"] == numbers(tmp_path / "first")["base"]
    assert [costs(tmp_path / name)["base"]["shared"] for name in ("first", "second")] == [0.0, 1.0]
    assert costs(tmp_path / "second")["base"]["read_seconds"] == costs(tmp_path / "first")["base"]["read_seconds"]


def test_a_shared_base_leaves_the_same_records_as_one_that_was_asked(run: Callable[..., float], tmp_path: Path) -> None:
    for name in ("asked", "taken"):
        run(name, f"share_dir={tmp_path / 'shared'}")
    for kind in ("rollouts", "readings"):
        asked, taken = (pq.read_table(tmp_path / name / "records" / "base" / "arithmetic" / f"{kind}.parquet") for name in ("asked", "taken"))
        assert taken.equals(asked)


def test_a_finished_run_is_skipped_and_gives_the_same_objective(
    run: Callable[..., float], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    first = run("run")
    monkeypatch.setattr("transformers.AutoModelForCausalLM.from_pretrained", lambda *_, **__: pytest.fail("a model was loaded"))
    with caplog.at_level("INFO"):
        assert run("run", "resume=true") == first
    assert "finished before, skipped" in caplog.text
    assert RunStore(tmp_path / "run").status() == "finished"


@pytest.mark.parametrize("step", [2, 4])
def test_a_run_killed_while_training_or_testing_comes_to_the_same_numbers(run: Callable[..., float], tmp_path: Path, step: int) -> None:
    run("whole")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("cotfaith.callbacks.preemption.Preemption._save", _saving_until(step))
        with pytest.raises(RuntimeError, match="killed"):
            run("cut")
    assert RunStore(tmp_path / "cut").status() == "failed"
    run("cut", "resume=true")
    assert numbers(tmp_path / "cut") == numbers(tmp_path / "whole")
    assert _scores(tmp_path / "cut") == _scores(tmp_path / "whole")


@pytest.mark.parametrize(  # the base's one batch of validation; the tuned arm's second one, behind the last step
    ("batches", "number"), [(1, signal.SIGTERM), (3, signal.SIGTERM), (3, signal.SIGUSR2)]
)
def test_being_told_to_stop_in_the_last_batch_of_a_measurement_is_heard(
    run: Callable[..., float], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, batches: int, number: signal.Signals
) -> None:
    def submitit(*_: Any) -> None:
        pytest.fail("the scheduler's own handler ends the job unsaved")

    before = signal.signal(signal.SIGUSR2, submitit)
    written: list[int] = []
    write = TokenEngine.write

    def told(engine: TokenEngine, *rest: Any) -> Any:
        written.append(1)
        if len(written) == batches:
            os.kill(os.getpid(), number)
        return write(engine, *rest)

    monkeypatch.setattr(TokenEngine, "write", told)
    with pytest.raises(SystemExit) as end:
        run("told")
    assert (end.value.code, RunStore(tmp_path / "told").status(), len(written)) == (143, "preempted", batches)
    assert signal.signal(signal.SIGUSR2, before) is submitit  # given back


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGUSR2])
def test_being_told_to_stop_before_the_first_loop_ends_the_run_too(
    run: Callable[..., float], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    before = [signal.signal(each, signal.SIG_IGN) for each in (signal.SIGTERM, signal.SIGUSR2)]  # submitit lets the first one pass
    load = BaseModel.load

    def told(base: BaseModel, *rest: Any) -> Any:
        os.kill(os.getpid(), number)
        return load(base, *rest)

    monkeypatch.setattr(BaseModel, "load", told)
    try:
        with pytest.raises(SystemExit) as end:
            run("told")
    finally:
        given_back = [signal.signal(each, handler) for each, handler in zip((signal.SIGTERM, signal.SIGUSR2), before, strict=True)]
    assert (end.value.code, RunStore(tmp_path / "told").status()) == (143, "preempted")
    assert given_back == [signal.SIG_IGN] * 2


def _saving_until(step: int) -> Callable[..., None]:
    """Saves as ever, and ends the run right after the save at a step."""

    def save(self: Any, trainer: Any) -> None:
        trainer.save_checkpoint(self.path)
        self.saved = trainer.global_step
        if trainer.global_step == step:
            raise RuntimeError("killed")

    return save


def _scores(folder: Path) -> list[tuple[int, str, float]]:
    """Validation scores by step, without costs."""
    lines = RunStore(folder).validations()
    return sorted((line["step"], line["arm"], line["scores"]["cot_accuracy"]) for line in lines if "cot_accuracy" in line["scores"])


def test_a_folder_with_other_settings_is_not_gone_on_with(run: Callable[..., float], tmp_path: Path) -> None:
    run("run", "lora.alpha=8")
    with pytest.raises(FileExistsError, match=r"holds another run: config\.lora\.alpha: 8 -> 32"):
        run("run", "resume=true")
    assert RunStore(tmp_path / "run").status() == "finished"


def test_a_misspelt_option_leaves_a_finished_run_finished(run: Callable[..., float], tmp_path: Path) -> None:
    run("run")
    with pytest.raises(ValueError, match="expected different ascending fractions"):
        run("run", "resume=true", "alphas=[0.5,1]")
    assert RunStore(tmp_path / "run").status() == "finished"


def test_a_folder_in_which_another_process_runs_is_left_to_it(run: Callable[..., float], tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    with FileLock(tmp_path / "run" / ".lock"), pytest.raises(RuntimeError, match="another process runs in this folder"):
        run("run", "resume=true")


def test_without_resume_a_finished_run_is_left_alone(run: Callable[..., float]) -> None:
    run("run")
    with pytest.raises(FileExistsError, match="resume=true to go on"):
        run("run")


def test_the_objective_is_of_the_last_validation(run: Callable[..., float], tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    run("run")
    RunStore(tmp_path / "run").put_scores("val", "tuned", "arithmetic", 4, {"cot_accuracy": 0.125})
    assert run("run", "resume=true") == 0.125 - 1  # with four examples to validate on, the gates are closed
    assert "test split, which" not in caplog.text
    (tmp_path / "run" / "validation.jsonl").unlink()
    run("run", "resume=true")
    assert "the objective is of the test split" in caplog.text
