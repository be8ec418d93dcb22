"""Silence while heavy packages are imported: some speak before anyone can tell them not to."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def silently() -> Iterator[None]:
    """Nothing is logged inside. Imports belong inside too: bitsandbytes speaks while it is imported."""
    logging.disable()
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)
