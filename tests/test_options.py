from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from cotfaith.options import check_kinds

LORA = {"_target_": "cotfaith.models.lora.Lora", "r": 8, "alpha": 32, "dropout": 0.0, "target_modules": "all-linear", "scaling": "fixed_alpha"}


@pytest.mark.parametrize(
    ("node", "said"),
    [
        ({"lora": LORA | {"r": 8.5}}, "lora.r: expected int, got 8.5"),
        ({"lora": LORA | {"r": "eight"}}, "lora.r: expected int, got 'eight'"),
        ({"lora": LORA | {"r": True}}, "lora.r: expected int, got True"),
        ({"lora": LORA | {"dora": "yes"}}, "lora.dora: expected bool, got 'yes'"),
        ({"probe": {"a": {"of": [LORA | {"alpha": "32"}]}}}, "probe.a.of.alpha: expected float, got '32'"),
        ({"trainer": {"_target_": "lightning.pytorch.Trainer", "max_epochs": "abc"}}, "trainer.max_epochs: expected int, got 'abc'"),
    ],
)
def test_a_value_of_another_kind_is_named_with_what_was_expected(node: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=f"^{said}$"):
        check_kinds(node)


@pytest.mark.parametrize(
    "node",
    [
        {"lora": LORA},
        {"lora": LORA | {"alpha": 16, "r": None}},  # an int is a float; null is left to whoever takes it
        {"lora": LORA | {"target_modules": 3}},  # the annotation names more than plain kinds
        {"trainer": {"_target_": "lightning.pytorch.Trainer", "val_check_interval": 0.5, "devices": "auto", "nonsense": 1}},
        {"seed": "not of a target"},
        {"probe": {"_target_": "cotfaith.probes.fillr.Filler", "name": 3}},  # there is no such thing: whoever makes it says so
        {"lora": LORA | {"r": 8.0}},
    ],
)
def test_what_may_be_right_is_let_through(node: dict[str, Any]) -> None:
    check_kinds(node)


@pytest.mark.parametrize("path", sorted((Path(__file__).parents[1] / "conf" / "dataset").glob("*.yaml")), ids=lambda path: path.stem)
def test_options_of_every_dataset_are_checked(path: Path) -> None:
    node = {"_target_": yaml.safe_load(path.read_text())["_target_"]}
    with pytest.raises(ValueError, match="^dataset.seed: expected int, got 'abc'$"):
        check_kinds({"dataset": node | {"seed": "abc"}})
