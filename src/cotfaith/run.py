"""From a configuration to a finished run: build the objects, fit, measure, report. The only reader of config."""

from __future__ import annotations

import logging
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import lightning
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from hydra.utils import instantiate
from lightning.pytorch import Callback, Trainer
from lightning.pytorch.loggers import Logger
from lightning_utilities.core.rank_zero import rank_zero_only
from omegaconf import DictConfig, OmegaConf
from transformers.utils import logging as transformers_logging

from cotfaith.callbacks.probing import Probing
from cotfaith.callbacks.wandb_board import finish, log_adapter, log_curves, log_summary
from cotfaith.engine.evaluation import Evaluator
from cotfaith.manifest import make_manifest
from cotfaith.models.base import BaseModel, stop_ids
from cotfaith.models.build import ModelBuilder, footprint
from cotfaith.models.lora import Lora
from cotfaith.probes.kept import check_alphas
from cotfaith.report.comparison import probes
from cotfaith.report.page import write_report
from cotfaith.report.terminal import console, show_comparison
from cotfaith.store import RunStore
from cotfaith.text.encoding import Encoder
from cotfaith.training.data import SFTDataModule
from cotfaith.training.module import SFTModule
from cotfaith.types import Arm, Probe

log = logging.getLogger(__name__)

# What a finished run decides for its evaluation, unless the command line names something else.
_OF_THE_RUN = ("model", "quantization", "dataset", "probe", "prompt", "gates", "engine", "data", "alphas", "seed", "trainer.precision")


@dataclass(frozen=True)
class Parts:
    """The objects of one run, wired."""

    config: dict[str, Any]  # resolved
    store: RunStore
    encoder: Encoder
    data: SFTDataModule
    module: SFTModule
    trainer: Trainer


def train(cfg: DictConfig) -> float:
    """Measure the base, fine-tune, measure both arms on the test split, report; the tuned cot_accuracy, a fraction in [0, 1]."""
    with _running(cfg) as store:
        parts = _build(cfg, _make(cfg.lora), store, job_type="train")
        sizes = len(parts.data.rows), len(parts.data.examples("val")), len(parts.data.examples("test"))
        log.info("%d examples to train on, %d to validate on, %d to test on", *sizes)
        _ask(parts, "base", parts.trainer.validate)
        assert parts.module.model is not None
        log.info("%s", footprint(parts.module.model))
        start = time.monotonic()
        parts.trainer.fit(parts.module, datamodule=parts.data, ckpt_path=cfg.ckpt_path)
        log.info("trained %d steps in %.0f s, validation included", parts.trainer.global_step, time.monotonic() - start)
        if parts.trainer.is_global_zero:
            parts.module.model.save_pretrained(store.adapter, save_embedding_layers=False)  # "auto" asks the hub
        _measure(parts, ("base", "tuned"))
        return float(parts.trainer.callback_metrics["test/cot_accuracy"])


def evaluate(cfg: DictConfig) -> None:
    """Measure on the test split: a base model, or both arms of an adapter or of a finished run."""
    with _running(cfg) as store:
        if cfg.run is not None and cfg.adapter is not None:
            raise ValueError(f"run={cfg.run} brings its own adapter; expected run or adapter, got both (adapter={cfg.adapter})")
        adapter = Path(cfg.adapter) if cfg.adapter is not None else None
        if cfg.run is not None:
            cfg, adapter = _as_trained(cfg), Path(cfg.run) / "adapter"
        parts = _build(cfg, adapter, store, job_type="evaluate")
        _measure(parts, ("base", "tuned") if adapter else ("base",))


def _build(cfg: DictConfig, adapter: Lora | Path | None, store: RunStore, *, job_type: str) -> Parts:
    """Everything but the weights, which are loaded when Lightning knows the device. Bad input is found here."""
    lightning.seed_everything(cfg.seed, workers=True, verbose=False)
    config: dict[str, Any] = OmegaConf.to_container(cfg, resolve=True)  # type: ignore[assignment]  # a mapping at the top
    _check_strategy(config)
    alphas = check_alphas(cfg.alphas)
    if cfg.get("ckpt_path") is not None and not Path(cfg.ckpt_path).is_file():
        raise FileNotFoundError(f"ckpt_path={cfg.ckpt_path}: expected a checkpoint of an earlier run, found none")
    base: BaseModel = _make(cfg.model)
    if isinstance(adapter, Path) and not (adapter / "adapter_config.json").is_file():
        raise FileNotFoundError(f"adapter={adapter}: expected a PEFT folder with adapter_config.json, found none")
    tokenizer = base.tokenizer()
    encoder = Encoder(tokenizer, _make(cfg.prompt), stop_ids(base, tokenizer))
    asked = tuple(_probe(node, encoder) for node in cfg.probe.values())
    data: SFTDataModule = _make(cfg.data)(_make(cfg.dataset), encoder, _make(cfg.get("target")), seed=cfg.seed)
    module = SFTModule(
        build=ModelBuilder(
            base=base, quantization=_make(cfg.quantization), adapter=adapter, gradient_checkpointing=cfg.get("gradient_checkpointing", False)
        ),
        encoder=encoder,
        decoding=_make(cfg.engine),
        evaluator=Evaluator(asked, alphas, cfg.seed),
        canary=encoder.prompt(data.examples("test")[0], "cot"),
        optimizer=_make(cfg.get("optimizer")),
        scheduler=_make(cfg.get("scheduler")),
    )
    gates = _make(cfg.gates)
    callbacks = [_callback(node, store) for node in cfg.callbacks.values() if node is not None]
    callbacks += [Probing(probe, alphas, gates, store) for probe in asked]
    store.folder.mkdir(parents=True, exist_ok=True)
    OmegaConf.save(OmegaConf.create(config), store.folder / "config.yaml")
    trainer: Trainer = _make(cfg.trainer)(callbacks=callbacks, logger=_loggers(cfg, store, data.dataset.name, job_type) or False)
    for logger in trainer.loggers:
        logger.log_hyperparams(config)
    return Parts(config, store, encoder, data, module, trainer)


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


def _check_strategy(config: dict[str, Any]) -> None:
    """Refuse what is known to corrupt 4-bit weights (accelerate #3983, bitsandbytes #1945)."""
    strategy = str(config["trainer"].get("strategy", "auto"))
    kind = config["quantization"]["kind"]
    if kind != "none" and ("fsdp" in strategy or "deepspeed" in strategy):
        raise ValueError(f"trainer.strategy={strategy} shards weights, which corrupts quantized ones (quantization={kind}); expected auto or ddp")


def _measure(parts: Parts, arms: tuple[Arm, ...]) -> None:
    """Both arms on the test split, in the same batches; then everything that is left on disk."""
    for arm in arms:
        _ask(parts, arm, parts.trainer.test)
    if not parts.trainer.is_global_zero:
        return
    assert parts.module.model is not None
    examples = parts.data.examples("test")
    device = parts.trainer.strategy.root_device  # the model itself is back on the CPU by now
    manifest = make_manifest(parts.config, parts.module.model, parts.encoder, examples, parts.data.dataset.provenance(), device)
    parts.store.put_manifest(manifest)
    comparisons = write_report(parts.store)
    _log_final(parts)
    for comparison in comparisons:
        show_comparison(comparison)
    log.info("peak memory %.2f GiB", manifest["peak_bytes"] / 2**30)


def _ask(parts: Parts, arm: Arm, loop: Any) -> None:
    """Run `trainer.validate` or `trainer.test` on one arm."""
    parts.module.arm = arm
    loop(parts.module, datamodule=parts.data, verbose=False)
    parts.module.arm = "tuned"


def _log_final(parts: Parts) -> None:
    metrics, dataset = parts.store.metrics(), parts.data.dataset.name
    log_summary(parts.trainer, metrics)
    of_arms = {arm: scores[dataset] for arm, scores in metrics.items()}
    named = probes(next(iter(of_arms.values())))
    log_curves(parts.trainer, {probe: {arm: s[probe]["cot_pred_match"] for arm, s in of_arms.items()} for probe in named})
    if parts.store.adapter.is_dir():
        log_adapter(parts.trainer, parts.store.adapter, parts.store.manifest())


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
    for override in HydraConfig.get().overrides.task:
        name = override.lstrip("+~").split("=")[0].split("@")[0]
        if name == "experiment":
            raise ValueError(f"{override} cannot be put on top of run={cfg.run}: name the options themselves")
        if name.split(".")[0] in _OF_THE_RUN or name in _OF_THE_RUN:
            OmegaConf.update(chosen, name, OmegaConf.select(cfg, name), merge=False)
    assert isinstance(chosen, DictConfig)
    return chosen


@contextmanager
def _running(cfg: DictConfig) -> Iterator[RunStore]:
    """The run's folder and status; whatever happens, the status is put and W&B is told how it ended."""
    _quiet()
    store = RunStore(Path(cfg.run_dir))
    leads = getattr(rank_zero_only, "rank", 0) == 0  # one process of several writes and speaks
    if leads:
        store.begin()
    finished = False
    try:
        yield store
        finished = True
    except BaseException as error:
        log.error("failed: %s", error)  # in a sweep Hydra shows the first failure only, at the end
        traceback.clear_frames(error.__traceback__)  # ... and keeps it till then, with the model in its frames
        raise
    finally:
        if leads:
            store.put_status("finished" if finished else "failed")
        offline = finish(0 if finished else 1)
        out = console()
        if offline:
            out.print(f"W&B run, offline: {offline} (wandb sync uploads it)", soft_wrap=True, highlight=False, markup=False)
        if finished and leads:
            out.print(str(store.folder), soft_wrap=True, highlight=False, markup=False)


def _quiet() -> None:
    """Third parties speak in the run's log file, not over the progress bar."""
    logging.captureWarnings(True)
    logging.getLogger("lightning").handlers.clear()  # lightning 2.6 adds a console handler at import, whatever the root has
    transformers_logging.disable_progress_bar()
