"""A sweep before its first job: every cell is composed and looked at, a plan is printed, runs of other settings are set aside.

A Hydra callback, made at the start of every command: nothing heavy is imported before it is needed. It works where the command was
given, not where the jobs run.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra.core.global_hydra import GlobalHydra
from hydra.core.hydra_config import HydraConfig
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import HydraException
from hydra.experimental.callback import Callback
from omegaconf import DictConfig, OmegaConf, open_dict, read_write
from omegaconf.errors import OmegaConfBaseException

from cotfaith.silence import silently

if TYPE_CHECKING:
    from cotfaith.planning import Plan, Speed

sweeps: list[Path] = []
"""Folders of the sweeps that were started from this process; train.py sums them up when all is over."""

_HERE = ("BasicLauncher", "JoblibLauncher")  # their jobs run on this machine, so that a trial here says how long they take
_BAD_INPUT = (HydraException, OmegaConfBaseException, ValueError, OSError)


class Planning(Callback):
    """Prints the plan before a sweep; where ``dry_run=true``, before a single run too, and then ends the command.

    Hydra 1.3 turns an exception of a callback into a warning; only SystemExit ends the command.
    """

    def on_run_start(self, config: DictConfig, **_: Any) -> None:
        if config.dry_run:
            _end(_plan([("this run", config, Path(str(config.hydra.run.dir)))], resumes=config.resume, trial=True))

    def __init__(self) -> None:
        self.jobs: int | None = None  # of the sweep, where that is known before it starts; goes with the callback into other processes

    def on_job_start(self, config: DictConfig, **_: Any) -> None:
        if self.jobs is not None:
            logging.getLogger("cotfaith").info("job %d of %d: %s", config.hydra.job.num + 1, self.jobs, config.hydra.job.override_dirname)

    def on_multirun_start(self, config: DictConfig, **_: Any) -> None:
        folder = Path(str(config.hydra.sweep.dir))
        if OmegaConf.select(config, "hydra.sweeper._target_").endswith(".BasicSweeper"):
            here = str(config.hydra.launcher._target_).endswith(_HERE)
            plans = _plan(list(_cells(config, folder)), resumes=config.resume and not config.dry_run, trial=here)
        else:
            logging.getLogger(__name__).info("no plan: this sweeper chooses its cells as it goes")
            plans = []
        if config.dry_run:
            _end(plans)
        self.jobs = len(plans) or None
        sweeps.append(folder)


def _end(plans: Sequence[Plan]) -> None:
    raise SystemExit(1 if any(plan.work is None for plan in plans) else 0)


def _cells(config: DictConfig, folder: Path) -> Iterator[tuple[str, DictConfig | Exception, Path]]:
    """What varies, configuration and folder of every job, as the basic sweeper and launcher will have them; an error where it cannot be composed."""
    loader = GlobalHydra.instance().config_loader()
    given = [f"{key}={value}" for key, value in (config.hydra.sweeper.params or {}).items()]
    overrides = OverridesParser.create(loader).parse_overrides([*given, *config.hydra.overrides.task])
    jobs = BasicSweeper.split_arguments(overrides, None)[0]
    fixed = set(jobs[0]).intersection(*jobs)
    for place, job in enumerate(jobs):
        name = ", ".join(option for option in job if option not in fixed) or " ".join(job)
        try:
            cell = loader.load_sweep_config(config, job)
            with read_write(cell.hydra), open_dict(cell.hydra):
                cell.hydra.job.id, cell.hydra.job.num = str(place), place
            yield name, cell, folder / str(cell.hydra.sweep.subdir)
        except _BAD_INPUT as error:
            yield name, error, folder


def _plan(cells: Sequence[tuple[str, DictConfig | Exception, Path]], *, resumes: bool, trial: bool) -> list[Plan]:
    """Look at all cells, print what they will do and return it. trial: whether to find out how long that takes."""
    from cotfaith.planning import COLUMNS, rows
    from cotfaith.report.terminal import show_table

    speeds: dict[str, Speed] = {}
    with silently():  # what jobs will say by themselves is not said for the plan
        from cotfaith.life import quiet

        quiet()
        plans = [_look(name, cell, folder, resumes, speeds if trial else None) for name, cell, folder in cells]
    show_table(f"plan of {len(plans)} runs; time by a short trial" if trial else f"plan of {len(plans)} runs", COLUMNS, rows(plans), left=2)
    return plans


def _look(name: str, cell: DictConfig | Exception, folder: Path, resumes: bool, speeds: dict[str, Speed] | None) -> Plan:
    """What one cell will do. speeds: by model, added to; None where a trial would say nothing."""
    from cotfaith.identity import base_facts, content_key
    from cotfaith.planning import Plan
    from cotfaith.store import RunStore
    from cotfaith.trial import speed_of, work_of
    from cotfaith.wiring import prepare

    try:
        if isinstance(cell, Exception):
            raise cell
        with _as_job(cell, folder) as cfg:
            parts = prepare(cfg, trains=True)
            found, work = parts.cell(RunStore(folder)), work_of(parts)
            what, done = _what(found, work.steps, resumes=resumes or cfg.resume)
            if resumes and found.state == "changed":
                what = f"new; what was there is now {found.set_aside()}"
            if done is None:
                return Plan(name, what, None, 0.0, work if what.startswith("finished") else None)
            model = content_key({group: parts.config[group] for group in ("model", "quantization")})
            if speeds is not None and model not in speeds:
                speeds[model] = speed_of(cfg)
            base = content_key({**base_facts(parts.config), "examples": found.facts["examples"]})
            return Plan(name, what, base, done, work, speeds[model] if speeds is not None else None)
    except _BAD_INPUT as error:
        return Plan(name, f"refused: {error.__cause__ or error}", None, 0.0, None)  # Hydra wraps what a constructor raises


def _what(cell: Any, steps: int, *, resumes: bool) -> tuple[str, float | None]:
    """In words what becomes of a cell, and the fraction of its training that is done; None where there is nothing to do."""
    if not resumes:
        held = (cell.store.folder / "metrics.json").exists()
        return ("refused: the folder holds a finished run; resume=true skips it", None) if held else ("new", 0.0)
    if cell.state == "finished":
        return "finished before: skipped", None
    if cell.state == "broken":
        return (f"goes on at step {cell.step}", cell.step / steps) if cell.checkpoint else ("begins again: it left no checkpoint", 0.0)
    return (f"new; what is there differs ({cell.changes()})" if cell.state == "changed" else "new"), 0.0


@contextmanager
def _as_job(config: DictConfig, folder: Path) -> Iterator[DictConfig]:
    """The configuration as the job will see it, in its folder."""
    before = HydraConfig.instance().cfg
    with read_write(config.hydra.runtime), open_dict(config.hydra.runtime):
        config.hydra.runtime.output_dir = str(folder.absolute())
    HydraConfig.instance().set_config(config)
    try:
        cfg = config.copy()
        with read_write(cfg), open_dict(cfg):
            del cfg["hydra"]
        yield cfg
    finally:
        HydraConfig.instance().cfg = before
