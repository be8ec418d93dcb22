"""From a configuration to the objects of a run. The only reader of config."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from inspect import signature
from pathlib import Path
from typing import Any, get_args

import lightning
import torch
from hydra import compose
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from hydra.utils import instantiate
from lightning.pytorch import Callback, Trainer
from lightning.pytorch.loggers import Logger
from omegaconf import DictConfig, OmegaConf

from cotfaith.analysis.gates import Gates
from cotfaith.analysis.objective import Objective
from cotfaith.callbacks.commitment import Committing
from cotfaith.callbacks.gaining import Gaining
from cotfaith.callbacks.probing import Probing
from cotfaith.callbacks.studying import Studying
from cotfaith.cells import Cell
from cotfaith.engine.decoding import Decoding
from cotfaith.engine.evaluation import Evaluator
from cotfaith.engine.shelf import Shelf
from cotfaith.identity import base_facts, cell_facts, stamp
from cotfaith.models.base import BaseModel, stop_ids
from cotfaith.models.build import ModelBuilder, Tuning
from cotfaith.probes.another_chain import AnotherChain
from cotfaith.probes.kept import check_alphas
from cotfaith.session import Session, compare, inspect, leads, running
from cotfaith.store import RunStore
from cotfaith.studies.study import Study
from cotfaith.text.encoding import Encoder
from cotfaith.trained import as_trained, trained_on
from cotfaith.training.combinations import check_combination
from cotfaith.training.data import SFTDataModule
from cotfaith.training.memory import Fitting
from cotfaith.training.module import SFTModule
from cotfaith.training.sharing import SharedBase
from cotfaith.types import Probe, Split

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Parts:
    """What a run is made of before anything is loaded or logged: what can be wrong with its input has been found by then.

    config: resolved. measured: one data module for each dataset, the one trained on first. adapter: see `ModelBuilder`.
    """

    cfg: DictConfig
    config: dict[str, Any]
    base: BaseModel
    adapter: Tuning | Path | None
    encoder: Encoder
    decoding: Decoding
    probes: tuple[Probe, ...]
    studies: tuple[Study[Any], ...]
    alphas: tuple[float, ...]
    gates: Gates
    measured: list[SFTDataModule]

    def cell(self, store: RunStore) -> Cell:
        """This training run as a cell of a sweep; reads all examples."""
        splits = get_args(Split)
        examples = {f"{data.dataset.name}/{split}": data.examples(split) for data in self.measured for split in splits}
        return Cell(store, {**cell_facts(self.config, examples), "model_files": stamp(Path(self.base.source))})


def train(cfg: DictConfig) -> float:
    """Measure the base, fine-tune, measure both arms on the test splits, report; how good the cell is, see `analysis.objective`."""
    with running(Path(cfg.run_dir), resume=cfg.resume) as store:
        parts = prepare(cfg, trains=True)
        cell, trained = parts.cell(store), parts.measured[0]
        checkpoint = cfg.ckpt_path
        if cfg.resume and cell.state == "finished":
            log.info("finished before, skipped: %s", store.folder)
        else:
            if cfg.resume:
                checkpoint = cell.resume(writes=leads()) or checkpoint
            if leads():
                store.put_cell(cell.facts)
            session = build(parts, store, job_type="train")
            session.fit(trained, checkpoint)
            session.measure(("base", "tuned"))
        goal: Objective = _make(cfg.objective)
        return goal({arm: scores[trained.dataset.name] for arm, scores in store.metrics().items()})


def evaluate(cfg: DictConfig) -> None:
    """Measure on the test splits: a base model, or both arms of an adapter or of a finished run. Or compare finished runs, or look into one."""
    if cfg.inspect is not None:
        return inspect(RunStore(Path(cfg.inspect)), cfg.uid)
    with running(Path(cfg.run_dir)) as store:
        given = [name for name in ("compare", "run", "adapter") if cfg[name] is not None]
        if len(given) > 1:
            raise ValueError(f"expected one of compare, run and adapter, got {' and '.join(given)} (a run brings its own adapter)")
        if cfg.compare is not None:
            return compare(OmegaConf.to_container(cfg.compare) if OmegaConf.is_config(cfg.compare) else cfg.compare, store)
        adapter = Path(cfg.adapter) if cfg.adapter is not None else None
        if cfg.run is not None:
            cfg, adapter = as_trained(cfg), Path(cfg.run) / "adapter"
        elif adapter is not None:
            cfg = OmegaConf.merge(OmegaConf.to_container(cfg), {"trained_on": trained_on(adapter.parent)})  # type: ignore[assignment]  # a mapping
        session = build(prepare(cfg, trains=False, adapter=adapter), store, job_type="evaluate")
        session.measure(("base", "tuned") if adapter else ("base",))


def prepare(cfg: DictConfig, *, trains: bool, adapter: Path | None = None) -> Parts:
    """All that is known without a model. Bad input is found here."""
    cfg = _with_datasets(cfg, trains=trains)
    lightning.seed_everything(cfg.seed, workers=True, verbose=False)
    config: dict[str, Any] = OmegaConf.to_container(cfg, resolve=True)  # type: ignore[assignment]  # a mapping at the top
    _check_devices(config)
    check_combination(strategy=str(cfg.trainer.get("strategy", "auto")), precision=str(cfg.trainer.precision), kind=cfg.quantization.kind)
    torch.set_float32_matmul_precision(cfg.float32_matmul)
    alphas = check_alphas(cfg.alphas)
    if cfg.get("ckpt_path") is not None and not Path(cfg.ckpt_path).is_file():
        raise FileNotFoundError(f"ckpt_path={cfg.ckpt_path}: expected a checkpoint of an earlier run, found none")
    if adapter is not None and not (adapter / "adapter_config.json").is_file():
        raise FileNotFoundError(f"adapter={adapter}: expected a PEFT folder with adapter_config.json, found none")
    tuning: Tuning | None = _make(cfg.lora) if trains else None
    base: BaseModel = _make(cfg.model)
    tokenizer = base.tokenizer()
    encoder = Encoder(tokenizer, _make(cfg.prompt), stop_ids(base, tokenizer))
    measured = _measured(cfg, encoder)
    facts = _facts(cfg, encoder, measured) | {"alphas": lambda: alphas, "seed": lambda: cfg.seed}
    probes: tuple[Probe, ...] = tuple(_given(_make(node), facts) for node in cfg.probe.values())
    studies: tuple[Study[Any], ...] = tuple(_given(_make(node), facts) for node in (cfg.get("study") or {}).values())
    return Parts(cfg, config, base, tuning or adapter, encoder, _make(cfg.engine), probes, studies, alphas, _make(cfg.gates), measured)


def build(parts: Parts, store: RunStore, *, job_type: str) -> Session:
    """Everything but the weights, which are loaded when Lightning knows the device."""
    cfg, config, measured = parts.cfg, parts.config, parts.measured
    for data in measured:
        data.measure_prompts(parts.base.context(), cfg.engine.max_new_tokens)
    shelf = _shared_folder(cfg)
    donors = [donor for probe in parts.probes if isinstance(probe, AnotherChain) for donor in probe.donors]
    quantization = _make(cfg.quantization)
    optimizer: Any = _make(cfg.optimizer) if job_type == "train" else None
    fits = None
    if parts.adapter is not None and not isinstance(parts.adapter, Path):
        fits = Fitting(parts.base, parts.adapter, quantization.kind, optimizer, measured[0].most_tokens, cfg.gradient_checkpointing)
    module = SFTModule(
        build=ModelBuilder(base=parts.base, quantization=quantization, adapter=parts.adapter, recomputes=fits),
        encoder=parts.encoder,
        decoding=parts.decoding,
        evaluator=Evaluator(parts.probes, parts.alphas, cfg.seed),
        measures=_make(cfg.measures),
        canary=parts.encoder.prompt(measured[0].examples("test")[0], "cot"),
        optimizer=optimizer,
        scheduler=_make(cfg.scheduler) if job_type == "train" else None,
        compiled=cfg.get("compile", False),
        shared=SharedBase(Shelf(shelf), base_facts(config, donors))
        if shelf and (parts.adapter or job_type == "evaluate")
        else None,  # frozen weights
    )
    callbacks = [_callback(node, store) for node in cfg.callbacks.values() if node is not None]
    callbacks += [Probing(probe, parts.alphas, parts.gates, store) for probe in parts.probes]
    further = ((Committing, module.measures.commitment), (Gaining, module.measures.info_gain))
    callbacks += [kind(parts.gates, store) for kind, wanted in further if wanted] + [Studying(parts.studies, parts.gates, store)]
    store.folder.mkdir(parents=True, exist_ok=True)
    OmegaConf.save(OmegaConf.create(config), store.folder / "config.yaml")
    trainer: Trainer = _make(cfg.trainer)(callbacks=callbacks, logger=_loggers(cfg, store, measured[0].dataset.name, job_type) or False)
    for logger in trainer.loggers:
        logger.log_hyperparams(config)
    return Session(config, store, module, trainer, measured)


def _shared_folder(cfg: DictConfig) -> Path | None:
    """Where the base's measurements are shared: where the user says, else in the folder of the sweep, else nowhere."""
    hydra = HydraConfig.get()
    if cfg.share_dir is not None:
        return Path(cfg.share_dir)
    return Path(hydra.sweep.dir) / ".shared" if hydra.mode == RunMode.MULTIRUN else None


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


def _facts(cfg: DictConfig, encoder: Encoder, measured: Sequence[SFTDataModule]) -> dict[str, Callable[[], object]]:
    """What a probe or study may need of the run, by the name it asks for; made where one does."""
    rewriters = _make(cfg.paraphraser)
    return {
        "length": lambda: lambda text: len(encoder.continuation(text)),
        "elicits": lambda: encoder.eliciting,
        "paraphraser": lambda: rewriters.paraphraser,
        "mistaker": lambda: rewriters.mistaker,
        "donors": lambda: [example.chain for data in measured for example in data.examples("train") if example.chain],
    }


def _given(made: Any, facts: Mapping[str, Callable[[], object]]) -> Any:
    """What is partial is given those facts that its signature names and the configuration does not; so is what it is made of."""
    if isinstance(made, Mapping):
        return {name: _given(each, facts) for name, each in made.items()}
    if not isinstance(made, partial):
        return made
    chosen = {name: _given(each, facts) for name, each in made.keywords.items()}
    return made(**chosen, **{name: fact() for name, fact in facts.items() if name in signature(made.func).parameters and name not in chosen})


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


def _check_devices(config: dict[str, Any]) -> None:
    """Refuse what would run a sweep once per process."""
    trainer = config["trainer"]
    started_outside = int(os.environ.get("SLURM_NTASKS", "1")) > 1  # else Lightning starts the command again for every further process
    if HydraConfig.get().mode == RunMode.MULTIRUN and trainer["devices"] != 1 and not started_outside:
        raise ValueError(
            f"trainer.devices={trainer['devices']} in a sweep: every process would run the whole sweep again; expected 1, or "
            "hydra/launcher=slurm with as many hydra.launcher.tasks_per_node"
        )
