"""How a command ends that was given bad input: in the one line that the run has said, not in a traceback."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from hydra.core.hydra_config import HydraConfig
from hydra.errors import HydraException
from hydra.types import RunMode
from omegaconf.errors import OmegaConfBaseException

BAD_INPUT = (HydraException, OmegaConfBaseException, ValueError, OSError)


@contextmanager
def in_one_line() -> Iterator[None]:
    """Exit with 1 where bad input has ended a single run; its traceback is in the log file. HYDRA_FULL_ERROR=1 shows it on the screen.

    In a sweep the error goes on to Hydra, which runs the other jobs; other errors are no user's fault and keep their traceback.
    """
    try:
        yield
    except BAD_INPUT:
        if HydraConfig.get().mode == RunMode.MULTIRUN or os.environ.get("HYDRA_FULL_ERROR") == "1":
            raise
        raise SystemExit(1) from None
