"""The names under which numbers are logged: ``<split>/<metric>`` and ``<split>/<probe>/<metric>``."""

from __future__ import annotations

from lightning.pytorch import Trainer

from cotfaith.types import Arm, Split


def split_of(trainer: Trainer) -> Split:
    """Which split the running loop measures."""
    return "test" if trainer.testing else "val"


def key(split: Split, metric: str, *, arm: Arm, probe: str | None = None) -> str:
    """The base arm's test scores stand beside the tuned ones, under ``base/``; validation has one series.

    >>> key("test", "aoc", arm="base", probe="filler"), key("val", "cot_accuracy", arm="base")
    ('base/test/filler/aoc', 'val/cot_accuracy')
    """
    inner = f"{split}/{probe}/{metric}" if probe else f"{split}/{metric}"
    return f"base/{inner}" if arm == "base" and split == "test" else inner
