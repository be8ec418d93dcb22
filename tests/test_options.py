from __future__ import annotations

from typing import Any

import pytest

from cotfaith.options import check_kinds

LORA = {"_target_": "cotfaith.models.lora.Lora", "r": 8, "alpha": 32, "dropout": 0.0, "target_modules": "all-linear", "scaling": "fixed_alpha"}


@pytest.mark.parametrize(
    ("node", "said"),
    [
        ({"lora": LORA | {"r": 8.0}}, "lora.r: expected int, got 8.0"),
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
    ],
)
def test_what_may_be_right_is_let_through(node: dict[str, Any]) -> None:
    check_kinds(node)
