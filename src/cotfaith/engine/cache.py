"""Key-value caches: one that grows in place, and what a token costs in one."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from transformers import DynamicCache, PreTrainedModel
from transformers.cache_utils import Cache, DynamicLayer

from cotfaith.engine.attention import text_config

KeysValues = tuple[Tensor, Tensor]
"""Keys and values of one layer, each (B, heads, T, head size)."""


class Slab(DynamicLayer):
    """A layer with room to grow, so that a step copies one token and not the whole past."""

    def __init__(self, past: KeysValues, room: int) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.lazy_initialization(*past)
        self._keys, self._values = (_roomy(tensor, room) for tensor in past)
        self._show(past[0].shape[-2])

    def update(self, key_states: Tensor, value_states: Tensor, *args: object, **kwargs: object) -> KeysValues:
        start, end = self._length, self._length + key_states.shape[-2]
        if end > self._keys.shape[-2]:
            grown = max(64, self._keys.shape[-2] // 4)
            self._keys, self._values = (_roomy(tensor[..., :start, :], end - start + grown) for tensor in (self._keys, self._values))
        self._keys[..., start:end, :] = key_states
        self._values[..., start:end, :] = value_states
        self._show(end)
        return self._keys[..., :end, :], self._values[..., :end, :]

    def _show(self, length: int) -> None:
        self._length = length
        self.keys, self.values = self._keys[..., :length, :], self._values[..., :length, :]


class Behind(DynamicLayer):
    """A layer that shows each portion of tails with the trunk only, and keeps them all in a slab that began with that trunk.

    The trunk is written once, with room to its left for one portion: keys may stand in any order, their positions are in the mask.
    """

    def __init__(self, slab: Slab, room: int) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        assert slab.keys is not None and slab.values is not None  # noqa: PT018  # one fact
        self.lazy_initialization(slab.keys, slab.values)
        self.keys, self.values = slab.keys, slab.values
        self.slab, self.room = slab, room
        self.needed = slab.keys.shape[-2]  # tokens of the trunk that are shown
        self._scratch = [_roomy(tensor, room, left=True) for tensor in (slab.keys, slab.values)]

    def update(self, key_states: Tensor, value_states: Tensor, *args: object, **kwargs: object) -> KeysValues:
        self.slab.update(key_states, value_states)
        start = self.room - key_states.shape[-2]
        shown = [scratch[..., start : self.room + self.needed, :] for scratch in self._scratch]
        for window, new in zip(shown, (key_states, value_states), strict=True):
            window[..., : new.shape[-2], :] = new
        return shown[0], shown[1]


def slabs(past: Sequence[KeysValues], room: int) -> Cache:
    """A cache that holds `past` and takes `room` more tokens before it is copied."""
    return Cache(layers=[Slab(each, room) for each in past])


def behind(cache: Cache, room: int) -> list[Behind]:
    """The layers of a cache of trunks, to read portions of up to `room` tokens behind them."""
    return [Behind(slab, room) for slab in cache.layers if isinstance(slab, Slab)]


def layers(cache: Cache) -> list[KeysValues]:
    """What a cache holds, layer by layer."""
    return [(layer.keys, layer.values) for layer in cache.layers]  # type: ignore[union-attr,misc]  # attention layers that have run


def bytes_per_token(model: PreTrainedModel) -> int:
    """Bytes of keys and values of one token in all layers, by the configuration."""
    config = text_config(model)
    heads = getattr(config, "num_key_value_heads", None) or config.num_attention_heads
    size = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    width = torch.finfo(next(p.dtype for p in model.parameters() if p.is_floating_point())).bits // 8
    count = len(DynamicCache(config=config).layers) or config.num_hidden_layers
    return int(2 * count * heads * size * width)


def _roomy(tensor: Tensor, room: int, *, left: bool = False) -> Tensor:
    """The tensor (B, heads, T, size) with room for more tokens behind it, or before."""
    out = tensor.new_empty((*tensor.shape[:-2], tensor.shape[-2] + room, tensor.shape[-1]))
    start = room if left else 0
    out[..., start : start + tensor.shape[-2], :] = tensor
    return out
