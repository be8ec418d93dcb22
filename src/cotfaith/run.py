"""What the two entries do: train, evaluate, and what can be done with finished runs."""

from __future__ import annotations

import logging
from pathlib import Path

from omegaconf import DictConfig, OmegaConf

from cotfaith.analysis.objective import Objective
from cotfaith.finished import compare, inspect
from cotfaith.life import aloud, leads, running
from cotfaith.report.judged import judged
from cotfaith.store import RunStore
from cotfaith.trained import as_trained, trained_on
from cotfaith.wiring import build, make, prepare

log = logging.getLogger(__name__)


def train(cfg: DictConfig) -> float:
    """Measure the base, fine-tune, measure both arms on the test splits, report.

    Returns how good the cell is in its last validation, see `analysis.objective`.
    """
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
        goal: Objective = make(cfg.objective)
        split, scores = judged(store, trained.dataset.name)
        if split == "test":
            log.warning("the objective is of the test split, which is then no longer an untouched one: the run left no validation of both arms")
        return goal(scores)


def evaluate(cfg: DictConfig) -> None:
    """Measure on the test splits: a base model, or both arms of an adapter or of a finished run. Or compare finished runs, or look into one."""
    if cfg.inspect is not None:
        with aloud():
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
