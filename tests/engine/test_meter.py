from __future__ import annotations

import time

import pytest

from cotfaith.engine.meter import Cost, Meter


def test_forwards_and_tokens_add_up_by_phase() -> None:
    meter = Meter()
    meter.count("read", 10)
    meter.count("read", 5, forwards=2)
    meter.count("write", 1)
    assert meter.costs == {"read": Cost(15, 3), "write": Cost(1, 1)}


def fail_inside(meter: Meter) -> None:
    with meter.clock("read"):
        time.sleep(0.01)
        raise KeyError


def test_time_adds_up_also_where_the_work_fails() -> None:
    meter = Meter()
    for _ in range(2):
        with pytest.raises(KeyError):
            fail_inside(meter)
    assert 0.02 <= meter.costs["read"].seconds < 1
