"""How a command ends that was given bad input: in the one line that the run has said, not in a traceback."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from hydra.core.hydra_config import HydraConfig
from hydra.errors import CompactHydraException, HydraException
from hydra.types import RunMode
from omegaconf.errors import OmegaConfBaseException

# What is imported here is light: sweeping.py, which every command imports, takes these from here.
BAD_INPUT = (HydraException, OmegaConfBaseException, ValueError, OSError)


@contextmanager
def in_one_line() -> Iterator[None]:
    """Exit with 1 where bad input has ended a single run; its traceback is in the log file. HYDRA_FULL_ERROR=1 shows it on the screen.

    In a sweep Hydra runs the other jobs and repeats the first line at the end; other errors are no user's fault and keep their traceback.

    Raises:
        CompactHydraException: a job of a sweep was given bad input; Hydra shows no traceback of these.
    """
    try:
        yield
    except BAD_INPUT as error:
        if os.environ.get("HYDRA_FULL_ERROR") == "1":
            raise
        from cotfaith.life import plain

        if HydraConfig.get().mode == RunMode.MULTIRUN:
            raise CompactHydraException(plain(error)) from error
        raise SystemExit(1) from None
