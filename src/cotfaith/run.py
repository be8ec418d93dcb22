"""From a configuration to the objects of a run. The only reader of config."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import lightning
import torch
from hydra import compose
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from hydra.utils import instantiate
from lightning.pytorch import Callback, Trainer
from lightning.pytorch.loggers import Logger
from omegaconf import DictConfig, OmegaConf

from cotfaith.callbacks.probing import Probing
from cotfaith.engine.evaluation import Evaluator
from cotfaith.models.base import BaseModel, stop_ids
from cotfaith.models.build import ModelBuilder, Tuning
from cotfaith.probes.kept import check_alphas
from cotfaith.session import Session, running
from cotfaith.store import RunStore
from cotfaith.text.encoding import Encoder
from cotfaith.training.combinations import check_combination
from cotfaith.training.data import SFTDataModule
from cotfaith.training.memory import Fitting
from cotfaith.training.module import SFTModule
from cotfaith.types import Probe

# What a finished run decides for its evaluation, unless the command line names something else.
_OF_THE_RUN = (
    "model",
    "quantization",
    "dataset",
    "eval_datasets",
    "probe",
    "prompt",
    "gates",
    "engine",
    "data",
    "alphas",
    "seed",
    "float32_matmul",
    "trainer.precision",
)


def train(cfg: DictConfig) -> float:
    """Measure the base, fine-tune, measure both arms on the test splits, report; the tuned cot_accuracy, a fraction in [0, 1]."""
    with running(Path(cfg.run_dir)) as store:
        session = _build(_with_datasets(cfg, trains=True), _make(cfg.lora), store, job_type="train")
        trained = session.measured[0]
        session.fit(trained, cfg.ckpt_path)
        session.measure(("base", "tuned"))
        return float(store.metrics()["tuned"][trained.dataset.name]["cot_accuracy"])


def evaluate(cfg: DictConfig) -> None:
    """Measure on the test splits: a base model, or both arms of an adapter or of a finished run."""
    with running(Path(cfg.run_dir)) as store:
        if cfg.run is not None and cfg.adapter is not None:
            raise ValueError(f"run={cfg.run} brings its own adapter; expected run or adapter, got both (adapter={cfg.adapter})")
        adapter = Path(cfg.adapter) if cfg.adapter is not None else None
        if cfg.run is not None:
            cfg, adapter = _as_trained(cfg), Path(cfg.run) / "adapter"
        elif adapter is not None:
            cfg = OmegaConf.merge(OmegaConf.to_container(cfg), {"trained_on": _trained_on(adapter.parent)})  # type: ignore[assignment]  # a mapping
        session = _build(_with_datasets(cfg, trains=False), adapter, store, job_type="evaluate")
        session.measure(("base", "tuned") if adapter else ("base",))


def _build(cfg: DictConfig, adapter: Tuning | Path | None, store: RunStore, *, job_type: str) -> Session:
    """Everything but the weights, which are loaded when Lightning knows the device. Bad input is found here."""
    lightning.seed_everything(cfg.seed, workers=True, verbose=False)
    config: dict[str, Any] = OmegaConf.to_container(cfg, resolve=True)  # type: ignore[assignment]  # a mapping at the top
    check_combination(strategy=str(cfg.trainer.get("strategy", "auto")), precision=str(cfg.trainer.precision), kind=cfg.quantization.kind)
    torch.set_float32_matmul_precision(cfg.float32_matmul)
    alphas = check_alphas(cfg.alphas)
    if cfg.get("ckpt_path") is not None and not Path(cfg.ckpt_path).is_file():
        raise FileNotFoundError(f"ckpt_path={cfg.ckpt_path}: expected a checkpoint of an earlier run, found none")
    if isinstance(adapter, Path) and not (adapter / "adapter_config.json").is_file():
        raise FileNotFoundError(f"adapter={adapter}: expected a PEFT folder with adapter_config.json, found none")
    base: BaseModel = _make(cfg.model)
    tokenizer = base.tokenizer()
    encoder = Encoder(tokenizer, _make(cfg.prompt), stop_ids(base, tokenizer))
    asked = tuple(_probe(node, encoder) for node in cfg.probe.values())
    measured = _measured(cfg, encoder)
    for data in measured:
        data.measure_prompts(base.context(), cfg.engine.max_new_tokens)
    quantization = _make(cfg.quantization)
    optimizer: Any = _make(cfg.optimizer) if job_type == "train" else None
    fits = None
    if adapter is not None and not isinstance(adapter, Path):
        fits = Fitting(base, adapter, quantization.kind, optimizer, measured[0].most_tokens, cfg.gradient_checkpointing)
    module = SFTModule(
        build=ModelBuilder(base=base, quantization=quantization, adapter=adapter, recomputes=fits),
        encoder=encoder,
        decoding=_make(cfg.engine),
        evaluator=Evaluator(asked, alphas, cfg.seed),
        canary=encoder.prompt(measured[0].examples("test")[0], "cot"),
        optimizer=optimizer,
        scheduler=_make(cfg.scheduler) if job_type == "train" else None,
        compiled=cfg.get("compile", False),
    )
    gates = _make(cfg.gates)
    callbacks = [_callback(node, store) for node in cfg.callbacks.values() if node is not None]
    callbacks += [Probing(probe, alphas, gates, store) for probe in asked]
    store.folder.mkdir(parents=True, exist_ok=True)
    OmegaConf.save(OmegaConf.create(config), store.folder / "config.yaml")
    trainer: Trainer = _make(cfg.trainer)(callbacks=callbacks, logger=_loggers(cfg, store, measured[0].dataset.name, job_type) or False)
    for logger in trainer.loggers:
        logger.log_hyperparams(config)
    return Session(config, store, module, trainer, measured)


def _with_datasets(cfg: DictConfig, *, trains: bool) -> DictConfig:
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


def _measured(cfg: DictConfig, encoder: Encoder) -> list[SFTDataModule]:
    """One data module for each dataset; numbers of all but the first are logged under its name."""
    make, target = _make(cfg.data), _make(cfg.get("target"))
    modules: list[SFTDataModule] = []
    for node in cfg.eval_datasets.values():
        dataset = _make(node)
        modules.append(make(dataset, encoder, target, seed=cfg.seed, prefix=f"{dataset.name}/" if modules else ""))
        modules[-1].examples("test")  # a row that cannot be read is found before the model is loaded
    return modules


def _make(node: DictConfig | None) -> Any:
    """Instantiate with plain lists and dicts: a ListConfig in an optimizer makes its checkpoint unloadable."""
    return None if node is None else instantiate(node, _convert_="all")


def _probe(node: DictConfig, encoder: Encoder) -> Probe:
    """A probe that needs to know how long a text is gets the model's tokens as its measure."""
    made = _make(node)
    probe: Probe = made(length=lambda text: len(encoder.continuation(text))) if isinstance(made, partial) else made
    return probe


def _callback(node: DictConfig, store: RunStore) -> Callback:
    made = _make(node)
    callback: Callback = made(store=store) if isinstance(made, partial) else made
    return callback


def _loggers(cfg: DictConfig, store: RunStore, dataset: str, job_type: str) -> list[Logger]:
    """Loggers by config; one that is partial is given the run's name, folder and, in a sweep, the group."""
    hydra = HydraConfig.get()
    sweeping = hydra.mode == RunMode.MULTIRUN
    facts = {
        "name": cfg.name or hydra.job.override_dirname or dataset,
        "group": Path(hydra.sweep.dir).name if sweeping else None,
        "job_type": job_type,
        "folder": store.folder,
    }
    made = [_make(node) for node in (cfg.get("logger") or {}).values() if node is not None]
    return [logger(**facts) if isinstance(logger, partial) else logger for logger in made]


def _as_trained(cfg: DictConfig) -> DictConfig:
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
    chosen.trained_on = _trained_on(Path(cfg.run))
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


def _trained_on(folder: Path) -> str | None:
    """The dataset of the training run in a folder, where there is one."""
    found: str | None = RunStore(folder).manifest().get("trained_on") if (folder / "manifest.json").is_file() else None
    return found
