"""What the configuration chooses, before anything is made of it: the datasets to measure, where the base is shared, how many processes."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from hydra import compose
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf


def with_datasets(cfg: DictConfig, *, trains: bool) -> DictConfig:
    """The configuration with all datasets to measure spelt out: ``eval_datasets: {name: options}``, the one trained on first.

    Named by the user as a list of names in conf/dataset, or as a mapping from name to the options to change.
    """
    cfg = OmegaConf.create(OmegaConf.to_container(cfg))  # type: ignore[assignment]  # a mapping; free of Hydra's struct flag
    named = cfg.eval_datasets or []
    options = {name: (named[name] or {}) if isinstance(named, DictConfig) else {} for name in named}
    own = cfg.dataset.get("name") or cfg.dataset._target_.split(".")[-2]  # conf/dataset/NAME.yaml names cotfaith.datasets.NAME
    if trains and options.get(own):
        raise ValueError(f"eval_datasets.{own}={options[own]}: the dataset that is trained on takes its options as dataset.limit=... and so on")
    if OmegaConf.is_missing(cfg.dataset, "path") and cfg.data_root is None:
        raise ValueError(f"dataset.path: expected a file or folder for dataset={own}, found none; give dataset.path=... or data_root=...")
    nodes = {own: cfg.dataset} if trains or not options else {}
    for name in options:
        node = cfg.dataset if name == own else compose(overrides=[f"+dataset={name}"]).dataset
        nodes[name] = OmegaConf.merge(node, options[name])
    cfg.trained_on = own if trains else cfg.get("trained_on")
    for name, node in nodes.items():
        if cfg.data_root is not None and "path" in node and (OmegaConf.is_missing(node, "path") or node.path is None):
            node.path = str(Path(cfg.data_root) / name)
    cfg.eval_datasets = nodes
    return cfg


def shared_folder(cfg: DictConfig) -> Path | None:
    """Where the base's measurements are shared: where the user says, else in the folder of the sweep, else nowhere."""
    hydra = HydraConfig.get()
    if cfg.share_dir is not None:
        return Path(cfg.share_dir)
    return Path(hydra.sweep.dir) / ".shared" if hydra.mode == RunMode.MULTIRUN else None


def check_devices(config: dict[str, Any]) -> None:
    """Refuse what would run a sweep once per process."""
    trainer = config["trainer"]
    started_outside = int(os.environ.get("SLURM_NTASKS", "1")) > 1  # else Lightning starts the command again for every further process
    if HydraConfig.get().mode == RunMode.MULTIRUN and trainer["devices"] != 1 and not started_outside:
        raise ValueError(
            f"trainer.devices={trainer['devices']} in a sweep: every process would run the whole sweep again; expected 1, or "
            "hydra/launcher=slurm with as many hydra.launcher.tasks_per_node"
        )


def on_command_line(group: str) -> bool:
    """Whether the user has named an option, or a part of it, rather than left it at its default."""
    named = (override.lstrip("+~").split("=")[0].split("@")[0] for override in HydraConfig.get().overrides.task)
    return any(name == group or name.startswith(f"{group}.") for name in named)
