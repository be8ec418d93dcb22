"""Content keys: what a number depends on makes another key, and nothing else does."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from omegaconf import DictConfig, OmegaConf

from cotfaith.identity import base_facts, cell_facts, content_key, differences, stamp
from cotfaith.types import Example

EXAMPLES = {"shortcut/test": [Example("u/1", "2 + 2?", "4")]}


@pytest.fixture
def resolved(compose_run: Callable[..., DictConfig]) -> Callable[..., dict[str, Any]]:
    return lambda *overrides: OmegaConf.to_container(compose_run("train", *overrides), resolve=True) | {"trained_on": "shortcut"}  # type: ignore[operator]


@pytest.mark.parametrize(
    "override",
    [
        "probe=[filler]",
        "probe.filler.token=_",
        "alphas=[0,1]",
        "seed=1",
        "quantization=fp4",
        "model.dtype=bfloat16",
        "engine.max_new_tokens=99",
        "engine.batch_size=3",
        "engine.temperature=0.5",
        "prompt.cot='Think. The answer is'",
        "trainer.precision=bf16-mixed",
    ],
)
def test_whatever_the_base_is_asked_with_makes_another_key(resolved: Callable[..., dict[str, Any]], override: str) -> None:
    assert content_key(base_facts(resolved(override))) != content_key(base_facts(resolved()))


def test_steps_of_other_examples_that_a_probe_uses_make_another_key(resolved: Callable[..., dict[str, Any]]) -> None:
    keys = {content_key(base_facts(resolved(), donors)) for donors in ([], [("a",)], [("b",)])}
    assert len(keys) == 3


@pytest.mark.parametrize(
    "override", ["lora.r=4", "optimizer.lr=1", "trainer.max_epochs=7", "target=answer_only", "dataset=recall", "name=x", "logger=csv", "sweep=x"]
)
def test_training_and_names_share_the_base(resolved: Callable[..., dict[str, Any]], override: str) -> None:
    assert content_key(base_facts(resolved(override))) == content_key(base_facts(resolved()))


@pytest.mark.parametrize(
    "override", ["lora.r=4", "lora.alpha=8", "optimizer.lr=1", "trainer.max_epochs=7", "target=answer_only", "seed=1", "gates.rollouts=9"]
)
def test_whatever_a_run_depends_on_makes_another_cell(resolved: Callable[..., dict[str, Any]], override: str) -> None:
    assert content_key(cell_facts(resolved(override), EXAMPLES)) != content_key(cell_facts(resolved(), EXAMPLES))


@pytest.mark.parametrize(
    "override", ["name=x", "logger=csv", "sweep=x", "resume=true", "run_dir=/x", "callbacks.board=null", "share_dir=x", "row_dir=x"]
)
def test_names_and_places_leave_a_cell_what_it_is(resolved: Callable[..., dict[str, Any]], override: str) -> None:
    assert content_key(cell_facts(resolved(override), EXAMPLES)) == content_key(cell_facts(resolved(), EXAMPLES))


@pytest.mark.parametrize(
    "other", [Example("u/1", "2 + 2?", "5"), Example("u/1", "2 + 3?", "4"), Example("u/1", "2 + 2?", "4", ("4",)), Example("u/1", "2 + 2?", "4", ())]
)
def test_other_examples_make_another_cell(resolved: Callable[..., dict[str, Any]], other: Example) -> None:
    assert content_key(cell_facts(resolved(), EXAMPLES)) != content_key(cell_facts(resolved(), {"shortcut/test": [other]}))


def test_a_difference_is_named_by_its_place() -> None:
    before, now = {"a": {"b": 1, "c": 2}, "d": [1]}, {"a": {"b": 1, "c": 3}, "d": [1], "e": "new"}
    assert differences(before, now) == ["a.c: 2 -> 3", "e: None -> new"]


def test_other_files_of_a_model_have_another_stamp(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_text("a")
    before = stamp(tmp_path)
    (tmp_path / "model.safetensors").write_text("ab")
    assert (stamp(tmp_path) != before, stamp(tmp_path / "OWNER" / "NAME")) == (True, None)
