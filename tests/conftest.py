"""Fixtures: the embedded model in 4 bits, its encoder, and a composed configuration without a command line."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
from hydra import compose, initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, open_dict
from transformers import PreTrainedModel

from cotfaith.models.base import BaseModel, Quantization, stop_ids
from cotfaith.models.embedded.prompts import PROMPTS
from cotfaith.text.encoding import Encoder

ROOT = Path(__file__).resolve().parents[1]
collect_ignore = ["benchmarks"]  # scripts that import one another, for doctests nothing


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def encoder() -> Encoder:
    base = BaseModel(path="embedded")
    tokenizer = base.tokenizer()
    return Encoder(tokenizer, PROMPTS, stop_ids(base, tokenizer))


@pytest.fixture
def load() -> Callable[[str], PreTrainedModel]:
    """The embedded model on the CPU, held as nf4, fp4, int8 or none."""
    return lambda kind: BaseModel(path="embedded").load(torch.device("cpu"), Quantization(kind=kind))  # type: ignore[arg-type]


@pytest.fixture
def compose_run(tmp_path: Path) -> Iterator[Callable[..., DictConfig]]:
    """compose_run("train", "lora.r=4"): the configuration that the command line would give, with a folder of its own."""
    GlobalHydra.instance().clear()

    def composed(entry: str, *overrides: str) -> DictConfig:
        folders = [f"run_dir={tmp_path / 'run'}"] + ([f"row_dir={tmp_path / 'rows'}"] if entry == "train" else [])
        cfg = compose(entry, [*folders, "logger=none", *overrides], return_hydra_config=True)
        HydraConfig.instance().set_config(cfg)
        with open_dict(cfg):
            del cfg["hydra"]
        return cfg

    with initialize_config_dir(str(ROOT / "conf"), version_base="1.3"):
        yield composed
    HydraConfig.instance().cfg = None
