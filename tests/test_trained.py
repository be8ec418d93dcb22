"""What a finished run decides for its second measurement, and what the command line and this machine do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from omegaconf import DictConfig, OmegaConf

from cotfaith.store import RunStore
from cotfaith.trained import as_trained

Compose = Callable[..., DictConfig]


@pytest.fixture
def on_gpu(compose_run: Compose, tmp_path: Path) -> DictConfig:
    """The configuration of a run on a GPU, which lies in tmp_path/gpu."""
    trained = OmegaConf.create(OmegaConf.to_container(compose_run("train", "trainer=gpu")))
    (tmp_path / "gpu").mkdir()
    OmegaConf.save(trained, tmp_path / "gpu" / "config.yaml")
    RunStore(tmp_path / "gpu").put_manifest({"trained_on": "shortcut", "device": "cuda:0"})
    assert isinstance(trained, DictConfig)
    return trained


@pytest.mark.parametrize(
    ("overrides", "here", "accelerator"),
    [([], True, "gpu"), ([], False, "cpu"), (["trainer.accelerator=cpu"], True, "cpu"), (["trainer=default"], True, "cpu")],
)
def test_a_run_is_measured_again_on_its_device_where_there_is_one(
    compose_run: Compose, on_gpu: DictConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, overrides: list[str], here: bool, accelerator: str
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: here)
    trainer = as_trained(compose_run("evaluate", f"run={tmp_path / 'gpu'}", *overrides)).trainer
    assert (trainer.accelerator, trainer.precision) == (accelerator, "bf16-mixed")


def test_another_device_than_that_of_the_run_is_named_with_it(
    compose_run: Compose, on_gpu: DictConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    as_trained(compose_run("evaluate", f"run={tmp_path / 'gpu'}"))
    assert "was measured on cuda:0; there is none here, so this measures on cpu" in caplog.text


def test_what_an_older_run_does_not_say_is_as_evaluate_yaml_has_it_and_named(
    compose_run: Compose, on_gpu: DictConfig, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("measures", "paraphraser"):
        del on_gpu[name]
    OmegaConf.save(on_gpu, tmp_path / "gpu" / "config.yaml")
    cfg = compose_run("evaluate", f"run={tmp_path / 'gpu'}")
    chosen = as_trained(cfg)
    assert (chosen.measures, chosen.paraphraser) == (cfg.measures, cfg.paraphraser)
    assert "is older than paraphraser, measures: the defaults of evaluate.yaml are used" in caplog.text
