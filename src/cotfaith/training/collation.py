"""Rows to one batch of tensors: padded, or packed behind one another."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from cotfaith.training.targets import Row

IGNORE = -100
Batch = dict[str, Tensor]
"""input_ids, labels: (B, T) int64; labels hold IGNORE outside the target."""


def collate(rows: Sequence[Row]) -> Batch:
    """Padded on the right, where causal attention needs no mask. Padding is known by position: the pad id never matters, and may be the end token."""
    longest = max(len(row.prompt) + len(row.target) for row in rows)
    ids = torch.zeros(len(rows), longest, dtype=torch.long)
    labels = torch.full_like(ids, IGNORE)
    for place, row in enumerate(rows):
        start, end = len(row.prompt), len(row.prompt) + len(row.target)
        ids[place, :end] = torch.tensor(row.prompt + row.target)
        labels[place, start:end] = torch.tensor(row.target)
    return {"input_ids": ids, "labels": labels}


def pack(rows: Sequence[Row]) -> Batch:
    """input_ids, labels, position_ids: (1, T) int64, T the tokens of all rows; labels hold IGNORE outside the targets.

    Made for a model that is given no attention mask and no cache: with either, transformers compares a row with those before it.
    """
    ids = [token for row in rows for token in (*row.prompt, *row.target)]
    labels = [label for row in rows for label in (*[IGNORE] * len(row.prompt), *row.target)]
    positions = [place for row in rows for place in range(len(row.prompt) + len(row.target))]
    return {"input_ids": torch.tensor([ids]), "labels": torch.tensor([labels]), "position_ids": torch.tensor([positions])}
