"""The life of a process that runs: its folder and status, what third parties may say, how W&B and the caller learn of its end.

`running` surrounds everything, building included, so that a run that fails before it starts says so in its folder.
"""

from __future__ import annotations

import logging
import os
import signal
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lightning.pytorch.utilities.exceptions import SIGTERMException
from lightning_utilities.core.rank_zero import rank_zero_only
from transformers.utils import logging as transformers_logging

from cotfaith.alone import alone_in
from cotfaith.callbacks.wandb_board import finish, mark_preempting
from cotfaith.models.peak import forget_peak
from cotfaith.report.terminal import console
from cotfaith.store import RunStore

log = logging.getLogger(__name__)

_TOLD_TO_STOP = 143  # 128 + SIGTERM, as a shell says it


def leads() -> bool:
    """Whether this process writes and speaks, of several that work on one run."""
    return getattr(rank_zero_only, "rank", 0) == 0


@contextmanager
def running(folder: Path, *, resume: bool = False) -> Iterator[RunStore]:
    """The run's folder and status; whatever happens, the status is put and W&B is told how it ended.

    resume: the folder may hold a run, and whether it is this one is for the caller to see: until that run is gone on with, its status stays
    what it is. A run that is told to stop (SIGTERM, or SIGUSR2 of a scheduler) ends as "preempted", with the exit code of a process that was.

    Raises:
        RuntimeError: another process runs in this folder.
    """
    quiet()
    forget_peak()
    store = RunStore(folder)
    if not leads():
        logging.getLogger("cotfaith").setLevel(logging.WARNING)
        with _ending(store), _told_to_stop():
            yield store
        return
    folder.mkdir(parents=True, exist_ok=True)
    with alone_in(folder):
        if not resume:
            _begin(store)
        with _ending(store), _told_to_stop():
            yield store


@contextmanager
def _told_to_stop() -> Iterator[None]:
    """SIGTERM ends the run as preempted wherever it is, and so does SIGUSR2, by which submitit says that a job's time is nearly up.

    In its loops Lightning puts a handler of its own before ours, which waits for the end of a batch. submitit's own would let the one pass
    and end the run unsaved at the other.
    """
    if threading.current_thread() is not threading.main_thread():  # only there signals can be handled
        yield
        return

    def told(number: int, frame: object) -> None:
        if signal.getsignal(signal.SIGTERM) is told:
            raise SIGTERMException
        if number != signal.SIGTERM:
            os.kill(os.getpid(), signal.SIGTERM)

    before = {number: signal.signal(number, told) for number in (signal.SIGTERM, signal.SIGUSR2)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)  # None: it was not set by Python, and cannot be


@contextmanager
def aloud() -> Iterator[None]:
    """Say what ends a command that makes no run, and so has no status to put it into."""
    try:
        yield
    except (ValueError, OSError) as error:
        log.error("failed: %s", plain(error))
        raise


@contextmanager
def _ending(store: RunStore) -> Iterator[None]:
    ended, code, why = "failed", 1, None
    try:
        yield
        ended, code = "finished", 0
    except SIGTERMException:  # a SystemExit without a code: the process would say that all went well
        log.error("told to stop: resume=true goes on in %s", store.folder)
        ended, code = "preempted", _TOLD_TO_STOP
        if leads():
            store.put_status(ended)  # first of all: whoever told it to may not wait
        mark_preempting()
        raise SystemExit(code) from None
    except BaseException as error:
        why = f"{type(error).__name__}: {plain(error)}"
        log.error("failed: %s", plain(error))  # in a sweep Hydra shows the first failure only, at the end
        logging.getLogger().error("where it failed", exc_info=error)  # in the log file alone
        traceback.clear_frames(error.__traceback__)  # ... and keeps it till then, with the model in its frames
        raise
    finally:
        if leads() and (store.status() == "running" or not store.began):
            store.put_status(ended, why)
        offline = finish(code)
        out = console()
        if offline:
            out.print(f"W&B run, offline: {offline} (wandb leet shows it, wandb sync uploads it)", soft_wrap=True, highlight=False, markup=False)
        if code == 0 and leads():
            out.print(str(store.folder), soft_wrap=True, highlight=False, markup=False)


def _begin(store: RunStore) -> None:
    try:
        store.begin()
    except FileExistsError as error:  # the folder keeps the status of the run that it holds
        log.error("failed: %s", error)
        raise


def plain(error: BaseException) -> str:
    """What an error says; Hydra wraps what a constructor raises."""
    wrapped = type(error).__module__.startswith("hydra.") and error.__cause__ is not None
    return str(error.__cause__ if wrapped else error)


def quiet() -> None:
    """Third parties speak in the run's log file, not over the progress bar."""
    logging.captureWarnings(True)
    logging.getLogger("lightning").handlers.clear()  # lightning 2.6 adds a console handler at import, whatever the root has
    transformers_logging.disable_progress_bar()
