"""Settings whose absence fails late or in silence."""

from __future__ import annotations

from pathlib import Path

import yaml


def test_gpus_train_in_bf16_mixed_which_leaves_adapter_weights_in_float32(root: Path) -> None:
    assert yaml.safe_load((root / "conf/trainer/gpu.yaml").read_text())["precision"] == "bf16-mixed"


def test_no_sanity_validation_runs_before_the_base_is_validated(root: Path) -> None:
    assert yaml.safe_load((root / "conf/trainer/default.yaml").read_text())["num_sanity_val_steps"] == 0
