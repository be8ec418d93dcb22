"""From a configuration to the objects of a run: what a yaml names is made here, and nowhere else."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from inspect import signature
from pathlib import Path
from typing import Any, get_args

import lightning
import torch
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from hydra.utils import instantiate
from lightning.pytorch import Callback, Trainer
from lightning.pytorch.loggers import Logger
from omegaconf import DictConfig, OmegaConf

from cotfaith.analysis.gates import Gates
from cotfaith.callbacks.commitment import Committing
from cotfaith.callbacks.gaining import Gaining
from cotfaith.callbacks.probing import Probing
from cotfaith.callbacks.studying import Studying
from cotfaith.cells import Cell
from cotfaith.chosen import check_devices, on_command_line, shared_folder, with_datasets
from cotfaith.engine.decoding import Decoding
from cotfaith.engine.evaluation import Evaluator
from cotfaith.engine.measures import Measures
from cotfaith.engine.shelf import Shelf
from cotfaith.identity import base_facts, cell_facts, stamp
from cotfaith.models.base import BaseModel, stop_ids
from cotfaith.models.build import ModelBuilder, Tuning
from cotfaith.options import check_kinds
from cotfaith.probes.another_chain import AnotherChain
from cotfaith.probes.kept import check_alphas
from cotfaith.session import Session
from cotfaith.store import RunStore
from cotfaith.studies.scalable import scalable
from cotfaith.studies.study import Study
from cotfaith.text.encoding import Encoder
from cotfaith.training.combinations import check_combination
from cotfaith.training.data import SFTDataModule
from cotfaith.training.memory import Fitting
from cotfaith.training.module import SFTModule
from cotfaith.training.sharing import SharedBase
from cotfaith.types import Probe, Split


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


def prepare(cfg: DictConfig, *, trains: bool, adapter: Path | None = None) -> Parts:
    """All that is known without a model. Bad input is found here."""
    cfg = with_datasets(cfg, trains=trains)
    lightning.seed_everything(cfg.seed, workers=True, verbose=False)
    config: dict[str, Any] = OmegaConf.to_container(cfg, resolve=True)  # type: ignore[assignment]  # a mapping at the top
    check_kinds({"dataset": config.get("dataset")} | config)  # by its own name first: it stands among eval_datasets too
    check_devices(config)
    check_combination(strategy=str(cfg.trainer.get("strategy", "auto")), precision=str(cfg.trainer.precision), kind=cfg.quantization.kind)
    torch.set_float32_matmul_precision(cfg.float32_matmul)
    alphas = check_alphas(cfg.alphas)
    if cfg.get("ckpt_path") is not None and not Path(cfg.ckpt_path).is_file():
        raise FileNotFoundError(f"ckpt_path={cfg.ckpt_path}: expected a checkpoint of an earlier run, found none")
    if adapter is not None and not (adapter / "adapter_config.json").is_file():
        raise FileNotFoundError(f"adapter={adapter}: expected a PEFT folder with adapter_config.json, found none")
    tuning: Tuning | None = make(cfg.lora) if trains else None
    base: BaseModel = make(cfg.model)
    tokenizer = base.tokenizer()
    encoder = Encoder(tokenizer, make(cfg.prompt), stop_ids(base, tokenizer))
    measured = _measured(cfg, encoder)
    facts = _facts(cfg, encoder, measured) | {"alphas": lambda: alphas, "seed": lambda: cfg.seed}
    probes: tuple[Probe, ...] = tuple(_given(make(node), facts) for node in cfg.probe.values())
    studies: list[Study[Any]] = [_given(make(node), facts) for node in (cfg.get("study") or {}).values()]
    asked = scalable(studies, tuning or adapter, required=trains or on_command_line("study"))
    return Parts(cfg, config, base, tuning or adapter, encoder, make(cfg.engine), probes, asked, alphas, make(cfg.gates), measured)


def build(parts: Parts, store: RunStore, *, job_type: str) -> Session:
    """Everything but the weights, which are loaded when Lightning knows the device."""
    cfg, config, measured = parts.cfg, parts.config, parts.measured
    for data in measured:
        data.measure_prompts(parts.base.context(), cfg.engine.max_new_tokens)
    shelf = shared_folder(cfg)
    donors = [donor for probe in parts.probes if isinstance(probe, AnotherChain) for donor in probe.donors]
    quantization = make(cfg.quantization)
    optimizer: Any = make(cfg.optimizer) if job_type == "train" else None
    fits = None
    if parts.adapter is not None and not isinstance(parts.adapter, Path):
        fits = Fitting(parts.base, parts.adapter, quantization.kind, optimizer, measured[0].most_tokens, cfg.gradient_checkpointing)
    measures: Measures = make(cfg.measures)
    module = SFTModule(
        build=ModelBuilder(base=parts.base, quantization=quantization, adapter=parts.adapter, recomputes=fits),
        encoder=parts.encoder,
        decoding=parts.decoding,
        evaluator=Evaluator(parts.probes, parts.alphas, cfg.seed),
        measures=measures,
        canary=parts.encoder.prompt(measured[0].examples("test")[0], "cot"),
        optimizer=optimizer,
        scheduler=make(cfg.scheduler) if job_type == "train" else None,
        compiled=cfg.get("compile", False),
        shared=SharedBase(Shelf(shelf), base_facts(config, donors)) if shelf else None,
    )
    callbacks = [_callback(node, store) for node in cfg.callbacks.values() if node is not None]
    callbacks += [Probing(probe, parts.alphas, parts.gates, store) for probe in parts.probes]
    further = ((Committing, measures.commitment), (Gaining, measures.info_gain))
    callbacks += [kind(parts.gates, store) for kind, wanted in further if wanted] + [Studying(parts.studies, parts.gates, store)]
    store.folder.mkdir(parents=True, exist_ok=True)
    OmegaConf.save(OmegaConf.create(config), store.folder / "config.yaml")
    trainer: Trainer = make(cfg.trainer)(callbacks=callbacks, logger=_loggers(cfg, store, measured[0].dataset.name, job_type) or False)
    for logger in trainer.loggers:
        logger.log_hyperparams(config)
    return Session(config, store, module, trainer, measured)


def _measured(cfg: DictConfig, encoder: Encoder) -> list[SFTDataModule]:
    """One data module for each dataset; numbers of all but the first are logged under its name."""
    module, target = make(cfg.data), make(cfg.get("target"))
    row_dir = None if cfg.get("dry_run") else cfg.get("row_dir")  # which leaves nothing
    modules: list[SFTDataModule] = []
    for node in cfg.eval_datasets.values():
        dataset = make(node)
        prefix = f"{dataset.name}/" if modules else ""
        modules.append(module(dataset, encoder, target, seed=cfg.seed, prefix=prefix, row_dir=row_dir))
        modules[-1].examples("test")  # a row that cannot be read is found before the model is loaded
    return modules


def make(node: DictConfig | None) -> Any:
    """Instantiate with plain lists and dicts: a ListConfig in an optimizer makes its checkpoint unloadable."""
    return None if node is None else instantiate(node, _convert_="all")


def _facts(cfg: DictConfig, encoder: Encoder, measured: Sequence[SFTDataModule]) -> dict[str, Callable[[], object]]:
    """What a probe or study may need of the run, by the name it asks for; made where one does."""
    rewriters = make(cfg.paraphraser)
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
    made = make(node)
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
    made = [make(node) for node in (cfg.get("logger") or {}).values() if node is not None]
    return [logger(**facts) if isinstance(logger, partial) else logger for logger in made]
