"""One forward over tokens of several rows: ids and masks are made on the host, as positions in their rows and what they may see."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from transformers import PreTrainedModel
from transformers.cache_utils import Cache

from cotfaith.engine.attention import Visibility
from cotfaith.engine.meter import Meter


class Forward:
    """A model, its masks and the meter that counts what it runs under `phase`."""

    def __init__(self, model: PreTrainedModel, meter: Meter, phase: str) -> None:
        self.model = model
        self.meter = meter
        self.phase = phase
        self.visibility = Visibility(model)

    def __call__(self, ids: Tensor, positions: Tensor, keys_at: Tensor, see: Tensor | None, cache: Cache, *, keep: int | Tensor) -> Tensor:
        """Logits on the model's device: (B, keep, V), or (kept, V) where `keep` is a mask (B, N).

        ids, positions: (B, N) int64. keys_at: (B, K), positions of all keys, those of `ids` last. see: (B, N, K) bool; None: causal.
        """
        device = self.model.device
        self.meter.count(self.phase, ids.numel())
        mask = {} if see is None else {"attention_mask": self.visibility(see.to(device), positions.to(device), keys_at.to(device))}
        kept = keep.to(device) if isinstance(keep, Tensor) else keep
        out = self.model(
            input_ids=ids.to(device), position_ids=positions.to(device), past_key_values=cache, use_cache=True, logits_to_keep=kept, **mask
        )
        logits: Tensor = out.logits
        return logits

    def start(self, rows: Sequence[Sequence[int]], cache: Cache, *, keep: int | Tensor) -> tuple[Tensor, Tensor]:
        """Run rows from their beginnings, side by side and padded on the right; their positions (B, T) and the logits.

        Causal attention never looks at the padding, so that no mask is needed but for a sliding window.
        """
        ids = padded(rows, 0)
        longest = ids.shape[1]
        positions = torch.arange(longest).expand_as(ids)
        window = self.visibility.window
        see = positions[:, None] <= positions[:, :, None] if window is not None and longest >= window else None
        return positions, self(ids, positions, positions, see, cache, keep=keep)


def padded(rows: Sequence[Sequence[int]], value: int) -> Tensor:
    """Rows side by side, filled up with `value` on the right: (B, longest) int64, at least one column."""
    longest = max(1, *map(len, rows))
    return torch.tensor([[*row, *[value] * (longest - len(row))] for row in rows], dtype=torch.long)
