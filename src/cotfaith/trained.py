"""The settings of a finished run, beneath what the command line names: for a second measurement of what was trained."""

from __future__ import annotations

from pathlib import Path

from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf

from cotfaith.store import RunStore

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
    for name in _OF_THE_RUN:
        OmegaConf.update(chosen, name, OmegaConf.select(trained, name), merge=False)
    overrides = [override.lstrip("+~").split("=")[0].split("@")[0] for override in HydraConfig.get().overrides.task]
    chosen.trained_on = trained_on(Path(cfg.run))
    if "dataset" in overrides:
        chosen.eval_datasets = None  # another dataset is asked for than those of the run
    for name in overrides:
        if name == "experiment":
            raise ValueError(f"experiment=... cannot be put on top of run={cfg.run}: name the options themselves")
        if name.split(".")[0] in _OF_THE_RUN or name in _OF_THE_RUN:
            OmegaConf.update(chosen, name, OmegaConf.select(cfg, name), merge=False)
    if chosen.eval_datasets is not None and "eval_datasets" not in overrides and any(name.startswith("dataset.") for name in overrides):
        chosen.eval_datasets[chosen.trained_on] = chosen.dataset  # its options are named on the command line
    assert isinstance(chosen, DictConfig)
    return chosen


def trained_on(folder: Path) -> str | None:
    """The dataset of the training run in a folder, where there is one."""
    found: str | None = RunStore(folder).manifest().get("trained_on") if (folder / "manifest.json").is_file() else None
    return found
