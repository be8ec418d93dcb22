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
from hydra.experimental.callback import Callback
from omegaconf import DictConfig, OmegaConf, open_dict, read_write

from cotfaith.ending import BAD_INPUT
from cotfaith.silence import silently

if TYPE_CHECKING:
    from cotfaith.planning import Plan, Speed

sweeps: list[Path] = []
"""Folders of the sweeps that were started from this process; train.py sums them up when all is over."""

_TRIED = ("model", "quantization", "dataset", "lora", "data", "engine", "probe", "measures", "optimizer", "trainer", "gradient_checkpointing")
"""What the speed of a run depends on."""
_HERE = ("BasicLauncher", "JoblibLauncher")  # their jobs run on this machine, so that a trial here says how long they take
_LONGEST = 255  # bytes of a folder's name, on Linux and macOS


class Planning(Callback):
    """Prints the plan before a sweep; where ``dry_run=true``, before a single run too, and then ends the command.

    Hydra 1.3 turns an exception of a callback into a warning; only SystemExit ends the command.
    """

    def __init__(self) -> None:
        self.jobs: int | None = None  # of the sweep, where that is known before it starts; goes with the callback into other processes

    def on_run_start(self, config: DictConfig, **_: Any) -> None:
        if config.dry_run:
            _end(_plan([("this run", config, Path(str(config.hydra.run.dir)))], resumes=config.resume, trial=True))

    def on_job_start(self, config: DictConfig, **_: Any) -> None:
        if self.jobs is not None:
            logging.getLogger("cotfaith").info("job %d of %d: %s", config.hydra.job.num + 1, self.jobs, config.hydra.job.override_dirname)

    def on_multirun_start(self, config: DictConfig, **_: Any) -> None:
        folder = Path(str(config.hydra.sweep.dir))
        if not config.dry_run:
            sweeps.append(folder)  # first of all: Hydra goes on where a plan fails, and what the jobs leave is to be summed up
        if OmegaConf.select(config, "hydra.sweeper._target_").endswith(".BasicSweeper"):
            here = str(config.hydra.launcher._target_).endswith(_HERE)
            plans = _plan(list(_cells(config, folder)), resumes=config.resume and not config.dry_run, trial=here)
        else:
            logging.getLogger(__name__).info("no plan: this sweeper chooses its cells as it goes")
            plans = []
        if config.dry_run:
            _end(plans)
        self.jobs = len(plans) or None


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
        except BAD_INPUT as error:
            yield name, error, folder


def _plan(cells: Sequence[tuple[str, DictConfig | Exception, Path]], *, resumes: bool, trial: bool) -> list[Plan]:
    """Look at all cells, print what they will do and return it. trial: whether to find out how long that takes."""
    from cotfaith.planning import COLUMNS, rows, uncounted
    from cotfaith.report.terminal import show_line, show_table

    speeds: dict[str, Speed | None] = {}
    with silently():  # what jobs will say by themselves is not said for the plan
        from cotfaith.life import quiet

        quiet()
        plans = [_look(name, cell, folder, resumes, speeds if trial else None) for name, cell, folder in cells]
    show_table(f"plan of {len(plans)} runs; time by a short trial" if trial else f"plan of {len(plans)} runs", COLUMNS, rows(plans), left=2)
    if left_out := uncounted(plans):
        show_line(left_out)
    return plans


def _look(name: str, cell: DictConfig | Exception, folder: Path, resumes: bool, speeds: dict[str, Speed | None] | None) -> Plan:
    """What one cell will do. speeds: by all that a trial depends on, added to; None where a trial would say nothing."""
    from cotfaith.identity import base_facts, content_key
    from cotfaith.planning import Plan
    from cotfaith.store import RunStore
    from cotfaith.trial import work_of
    from cotfaith.wiring import prepare

    try:
        if isinstance(cell, Exception):
            raise cell
        check_name(folder)
        with _as_job(cell, folder) as cfg:
            parts = prepare(cfg, trains=True)
            found, work = parts.cell(RunStore(folder)), work_of(parts)
            what, done = _what(found, work.steps, resumes=resumes or cfg.resume)
            if resumes and found.state == "changed":
                what = f"new; what was there is now {found.set_aside()}"
            asked = {place: hashed for place, hashed in found.facts["examples"].items() if not place.endswith("/train")}
            base = content_key({**base_facts(parts.config), "examples": asked})
            if done is None:
                finished = what.startswith("finished")
                return Plan(name, what, base, 0.0, work if finished else None, finished=finished)
            tried = content_key({group: parts.config[group] for group in _TRIED})
            if speeds is not None and tried not in speeds:
                speeds[tried] = _speed(cfg)
            return Plan(name, what, base, done, work, speeds[tried] if speeds is not None else None)
    except BAD_INPUT as error:
        return Plan(name, f"refused: {error.__cause__ or error}", None, 0.0, None)  # Hydra wraps what a constructor raises
    except Exception as error:  # Hydra would make a warning of it and start the sweep, in a dry run too
        logging.getLogger(__name__).debug("where the plan stumbled", exc_info=error)
        return Plan(name, f"refused: {type(error).__name__}: {error}", None, 0.0, None)


def _speed(cfg: DictConfig) -> Speed | None:
    """What a trial says; None where it failed: what is wrong will be said by the job, and until then only the time is unknown."""
    from lightning.fabric.utilities.exceptions import MisconfigurationException

    from cotfaith.trial import speed_of

    try:
        return speed_of(cfg)
    except (RuntimeError, MisconfigurationException):  # out of memory among them
        return None


def check_name(folder: Path) -> None:
    """Refuse a job whose folder no file system will make.

    Raises:
        ValueError: a part of the path is longer than 255 bytes.
    """
    for part in folder.parts:
        if (length := len(part.encode())) > _LONGEST:
            raise ValueError(
                f"folder {part[:40]}...: expected a name of at most {_LONGEST} bytes, got {length}; name the jobs' folders by number: "
                "hydra.sweep.subdir='${hydra.job.num}'"
            )


def _what(cell: Any, steps: int, *, resumes: bool) -> tuple[str, float | None]:
    """In words what becomes of a cell, and the fraction of its training that is done; None where there is nothing to do."""
    if not resumes:
        if not (cell.store.folder / "metrics.json").exists():
            return "new", 0.0
        does = "skips it" if cell.store.status() == "finished" else "goes on with it"
        return f"refused: the folder holds a run, {cell.store.status()}; resume=true {does}", None
    if cell.state == "finished":
        return "finished before: skipped", None
    if cell.state == "broken":
        step = cell.step
        return (f"goes on at step {step}", step / steps) if cell.checkpoint else ("begins again: it left no checkpoint", 0.0)
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
