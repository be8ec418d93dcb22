"""The plan of a sweep, by hand."""

from __future__ import annotations

import math
from dataclasses import replace

from cotfaith.planning import Plan, Speed, Work, lines, rows, uncounted

WORK = Work(train=100, steps=10, validations=2, val=8, test=20, readings=16)
SPEED = Speed(start=5.0, step=2.0, example=0.5)


def plan(name: str, *, base: str | None = "b", done: float = 0.0, work: Work | None = WORK, speed: Speed | None = SPEED) -> Plan:
    return Plan(name, "new", base, done, work, speed)


def test_the_base_is_counted_where_it_is_asked_first() -> None:
    first, second = lines([plan("a"), plan("b")])
    tuned = 2 * 8 + 20
    assert (first.examples, second.examples) == (tuned + 8 + 20, tuned)
    assert (first.seconds, second.seconds) == (5 + 10 * 2 + 64 * 0.5, 5 + 10 * 2 + 36 * 0.5)


def test_cells_with_another_base_ask_it_too() -> None:
    assert [line.examples for line in lines([plan("a"), plan("b", base="other")])] == [64, 64]


def test_a_run_that_is_gone_on_with_has_the_rest_to_do() -> None:
    (line,) = lines([plan("a", done=0.6)])
    assert (line.steps, line.examples) == (4, 8 + 20 + 1 * 8 + 20)  # one validation of two


def test_finished_and_refused_cells_cost_nothing() -> None:
    finished = replace(plan("a", base="other"), finished=True)
    assert [(line.steps, line.seconds) for line in lines([finished, plan("b", work=None)])] == [(0, 0.0), (0, 0.0)]


def test_a_base_that_a_finished_cell_has_asked_is_not_asked_again() -> None:
    assert [line.examples for line in lines([plan("a"), replace(plan("b"), finished=True)])] == [2 * 8 + 20, 0]


def test_the_last_row_is_the_sum_and_readings_are_per_example() -> None:
    assert rows([plan("a"), plan("b")])[-1] == ("together", "", "200", "20", "100", "1,600", "2 min")  # 57 + 43 s


def test_what_is_asked_in_tests_alone_is_counted_there_and_studies_are_named() -> None:
    more = plan("a", work=replace(WORK, further=3, studies=("dose_response",)))
    assert [line.readings for line in lines([more, more])] == [64 * 16 + 2 * 20 * 3, 36 * 16 + 20 * 3]
    assert uncounted([more, more]) == "readings and time are without the studies: dose_response"
    assert uncounted([plan("a")]) == ""


def test_without_a_trial_the_time_is_unknown() -> None:
    assert math.isnan(lines([plan("a", speed=None)])[0].seconds)
    assert rows([plan("a", speed=None)])[-1][-1] == "?"
