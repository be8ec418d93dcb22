from __future__ import annotations

import weakref

import torch

from cotfaith.engine.cache import Behind, KeysValues, Rows, Slab, behind, gathered, layers, slabs

PAST = (torch.arange(24.0).view(1, 2, 4, 3), -torch.arange(24.0).view(1, 2, 4, 3))


def new(value: float, tokens: int = 1) -> tuple[torch.Tensor, torch.Tensor]:
    return torch.full((1, 2, tokens, 3), value), torch.full((1, 2, tokens, 3), -value)


def slab_of(past: KeysValues, room: int) -> Slab:
    slab = slabs([past], room).layers[0]
    assert isinstance(slab, Slab)
    return slab


def test_gathered_rows_end_at_one_column_and_are_zero_before() -> None:
    one, two = slabs([PAST], room=1), slabs([PAST], room=5)
    cache = gathered([Rows(one, [(0, slice(1, 4))]), Rows(two, [(0, slice(0, 4)), (0, slice(3, 4))])], room=7)
    keys, values = layers(cache)[0]
    expected = torch.zeros(3, 2, 4, 3)
    expected[0, :, 1:], expected[1], expected[2, :, 3:] = PAST[0][0, :, 1:], PAST[0][0], PAST[0][0, :, 3:]
    assert torch.equal(keys, expected)
    assert torch.equal(values, -expected)


def test_gathering_empties_the_caches_it_takes_from() -> None:
    old = slabs([PAST, PAST], room=1)
    buffers = [weakref.ref(tensor) for layer in old.layers for tensor in (layer._keys, layer._values)]
    gathered([Rows(old, [(0, slice(0, 2))])], room=1)
    assert [buffer() for buffer in buffers] == [None] * 4


def test_a_slab_holds_what_concatenation_would_also_beyond_its_room() -> None:
    slab, expected = slab_of(PAST, room=1), PAST
    for step in range(70):
        keys, values = slab.update(*new(step))
        expected = (torch.cat([expected[0], new(step)[0]], 2), torch.cat([expected[1], new(step)[1]], 2))
        assert torch.equal(keys, expected[0])
        assert torch.equal(values, expected[1])
    assert slab.get_seq_length() == 74


def test_a_slab_leaves_the_past_that_it_was_made_from() -> None:
    before = PAST[0].clone()
    slabs([PAST], room=3).update(*new(9.0), 0)
    assert torch.equal(PAST[0], before)


def test_a_portion_is_shown_with_the_kept_trunk_only_and_stays_in_the_slab() -> None:
    cache = slabs([PAST], room=8)
    layer = behind(cache, room=3)[0]
    layer.update(*new(1.0, 3))
    layer.needed = 2
    keys, values = layer.update(*new(2.0, 2))
    assert torch.equal(keys, torch.cat([new(2.0, 2)[0], PAST[0][:, :, :2]], 2))
    assert torch.equal(values, torch.cat([new(2.0, 2)[1], PAST[1][:, :, :2]], 2))
    assert torch.equal(layers(cache)[0][0], torch.cat([PAST[0], new(1.0, 3)[0], new(2.0, 2)[0]], 2))


def test_a_portion_leaves_the_trunk_to_the_next() -> None:
    layer = Behind(slab_of(PAST, room=8), room=2)
    layer.update(*new(5.0, 2))
    assert torch.equal(layer.update(*new(6.0, 1))[0][:, :, 1:], PAST[0])
