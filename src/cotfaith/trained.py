"""The settings of a finished run, beneath what the command line names: for a second measurement of what was trained."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import torch
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf

from cotfaith.store import RunStore

log = logging.getLogger(__name__)

# What a finished run decides for its evaluation, unless the command line names something else.
_OF_THE_RUN = (
    "model",
    "quantization",
    "dataset",
    "eval_datasets",
    "probe",
    "paraphraser",
    "study",
    "measures",
    "prompt",
    "gates",
    "engine",
    "data",
    "alphas",
    "seed",
    "float32_matmul",
    "trainer.precision",
    "trainer.accelerator",
)


def as_trained(cfg: DictConfig) -> DictConfig:
    """The settings of the run in `cfg.run`, but for what the command line names.

    Raises:
        FileNotFoundError: there is no finished run in that folder.
    """
    path = Path(cfg.run) / "config.yaml"
    if not path.is_file():
        raise FileNotFoundError(f"run={cfg.run}: expected the folder of a training run with a config.yaml, found none")
    trained = OmegaConf.load(path)
    chosen = OmegaConf.create(OmegaConf.to_container(cfg))  # free of Hydra's struct flag
    absent = [name for name in _OF_THE_RUN if not _has(trained, name)]
    if absent:
        log.warning("run=%s: its config.yaml is older than %s: the defaults of evaluate.yaml are used", cfg.run, ", ".join(absent))
    for name in _OF_THE_RUN:
        if name not in absent:
            OmegaConf.update(chosen, name, OmegaConf.select(trained, name), merge=False)
    chosen.trainer.accelerator = _accelerator(chosen.trainer.accelerator, Path(cfg.run))
    overrides = [override.lstrip("+~").split("=")[0].split("@")[0] for override in HydraConfig.get().overrides.task]
    chosen.trained_on = trained_on(Path(cfg.run))
    if "dataset" in overrides:
        chosen.eval_datasets = None  # another dataset is asked for than those of the run
    for name in overrides:
        if name == "experiment":
            raise ValueError(f"experiment=... cannot be put on top of run={cfg.run}: name the options themselves")
        if name.split(".")[0] in _OF_THE_RUN or name in _OF_THE_RUN:
            OmegaConf.update(chosen, name, OmegaConf.select(cfg, name), merge=False)
        if name == "trainer":  # who names one asks for its device; the precision, which numbers depend on, stays that of the run
            chosen.trainer.accelerator = cfg.trainer.accelerator
    if chosen.eval_datasets is not None and "eval_datasets" not in overrides and any(name.startswith("dataset.") for name in overrides):
        chosen.eval_datasets[chosen.trained_on] = chosen.dataset  # its options are named on the command line
    assert isinstance(chosen, DictConfig)
    return chosen


def _has(config: Any, name: str) -> bool:
    """Whether a config has an option, be it null."""
    *groups, last = name.split(".")
    for group in groups:
        config = config.get(group) or {}
    return last in config


def _accelerator(named: str, run: Path) -> str:
    """That of the run where there is such a device; else the CPU, which is said: on another device answers change with rounding."""
    manifest = run / "manifest.json"
    device = str(RunStore(run).manifest().get("device", "")) if manifest.is_file() else ""
    on_cuda = named in ("gpu", "cuda") or (named == "auto" and device.startswith("cuda"))
    if not on_cuda or torch.cuda.is_available():
        return named
    log.warning("run=%s was measured on %s; there is none here, so this measures on cpu, and answers may differ by rounding", run, device or "cuda")
    return "cpu"


def trained_on(folder: Path) -> str | None:
    """The dataset of the training run in a folder, where there is one."""
    found: str | None = RunStore(folder).manifest().get("trained_on") if (folder / "manifest.json").is_file() else None
    return found
