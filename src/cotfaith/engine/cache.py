"""Key-value caches: one that grows in place, and what a token costs in one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from transformers import DynamicCache, PreTrainedModel
from transformers.cache_utils import Cache, DynamicLayer

KeysValues = tuple[Tensor, Tensor]
"""Keys and values of one layer, each (B, heads, T, head size)."""


class Slab(DynamicLayer):
    """A layer with room to grow, so that a step copies one token and not the whole past.

    held: keys and values (B, heads, room, size), of which the first `length` tokens are the past; the layer goes on in these tensors.
    """

    def __init__(self, held: KeysValues, length: int) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.lazy_initialization(*held)
        self._keys, self._values = held
        self._show(length)

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
    return Cache(layers=[Slab((_roomy(keys, room), _roomy(values, room)), keys.shape[-2]) for keys, values in past])


@dataclass(frozen=True, slots=True)
class Rows:
    """Some rows of a cache: for each its place there and the columns it fills."""

    cache: Cache
    spans: Sequence[tuple[int, slice]]


def gathered(parts: Sequence[Rows], room: int) -> Cache:
    """The rows of all parts side by side in slabs, in order: all end at the same column, before their own start they are zero.

    The parts' caches are emptied on the way, so that no more than one layer is held twice.
    """
    out = Cache(layers=[])
    for place in range(len(parts[0].cache.layers)):
        keys, values = ([_held(part.cache, place)[which][row, :, span] for part in parts for row, span in part.spans] for which in (0, 1))
        out.layers.append(Slab((_flush(keys, room), _flush(values, room)), max(row.shape[1] for row in keys)))
        for part in parts:
            part.cache.layers[place] = DynamicLayer()
        del keys, values  # they are views of what was just emptied
    return out


def behind(cache: Cache, room: int) -> list[Behind]:
    """The layers of a cache of trunks, to read portions of up to `room` tokens behind them."""
    return [Behind(slab, room) for slab in cache.layers if isinstance(slab, Slab)]


def layers(cache: Cache) -> list[KeysValues]:
    """What a cache holds, layer by layer."""
    return [_held(cache, place) for place in range(len(cache.layers))]


def _held(cache: Cache, place: int) -> KeysValues:
    layer = cache.layers[place]
    return layer.keys, layer.values  # type: ignore[union-attr,return-value]  # an attention layer that has run


@torch.inference_mode()
def bytes_per_token(model: PreTrainedModel) -> int:
    """Bytes of keys and values of one token in all layers. Measured on one token: families name their heads in too many ways to work it out."""
    cache = DynamicCache()
    model(input_ids=torch.zeros(1, 1, dtype=torch.long, device=model.device), past_key_values=cache, use_cache=True)
    return sum(tensor.nbytes for layer in layers(cache) for tensor in layer)


def _flush(rows: Sequence[Tensor], room: int) -> Tensor:
    """Rows (heads, T, size) side by side, (B, heads, longest + room, size), each ending at column `longest`."""
    longest = max(row.shape[1] for row in rows)
    out = rows[0].new_empty((len(rows), rows[0].shape[0], longest + room, rows[0].shape[2]))
    for place, row in enumerate(rows):
        start = longest - row.shape[1]
        out[place, :, :start] = 0
        out[place, :, start:longest] = row
    return out


def _roomy(tensor: Tensor, room: int, *, left: bool = False) -> Tensor:
    """The tensor (B, heads, T, size) with room for more tokens behind it, or before."""
    out = tensor.new_empty((*tensor.shape[:-2], tensor.shape[-2] + room, tensor.shape[-1]))
    start = room if left else 0
    out[..., start : start + tensor.shape[-2], :] = tensor
    return out
