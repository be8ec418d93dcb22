"""The plan of a sweep: what every cell will do, and how long that takes at the speed of a short trial. Pure arithmetic."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

COLUMNS = ("cell", "what", "train on", "steps", "measure", "readings", "time")


@dataclass(frozen=True, slots=True)
class Speed:
    """What a trial took, in seconds."""

    start: float  # building the model, writing the report
    step: float  # an optimizer step
    example: float  # writing and reading one example


@dataclass(frozen=True, slots=True)
class Work:
    """What a whole run has to do."""

    train: int  # examples to train on
    steps: int  # optimizer steps
    validations: int  # while training; one more, of the base, comes before
    val: int  # examples of one validation
    test: int  # examples of all test splits
    readings: int  # asked about one example in any measurement
    further: int = 0  # asked about one test example besides, scorings among them
    studies: tuple[str, ...] = ()  # asked of both arms at the end: how much they ask is known to them alone


@dataclass(frozen=True, slots=True)
class Plan:
    """One cell.

    what: words for what will be done. base: content of the base's measurement: cells that have it in common share it; None where the cell
    was refused. done: fraction in [0, 1] of the training that lies behind a run that is gone on with. work: None where the cell cannot be
    run. finished: it was run before, and will be skipped.
    """

    name: str
    what: str
    base: str | None
    done: float
    work: Work | None
    speed: Speed | None = None
    finished: bool = False

    @property
    def runs(self) -> bool:
        return self.work is not None and not self.finished


@dataclass(frozen=True, slots=True)
class Line:
    """What is left to do in one cell. seconds: NaN where nothing is known of the speed."""

    plan: Plan
    steps: int
    examples: int  # measured, by either arm
    readings: int
    seconds: float


def lines(plans: Sequence[Plan]) -> list[Line]:
    """What is left to do, cell by cell; what the base is asked is counted where it is asked first."""
    asked = {plan.base for plan in plans if plan.finished}
    out = []
    for plan in plans:
        work = plan.work
        if work is None or plan.finished:
            out.append(Line(plan, 0, 0, 0, 0.0))
            continue
        steps = round(work.steps * (1 - plan.done))
        tuned = math.ceil(work.validations * (1 - plan.done)) * work.val + work.test
        base = 0 if plan.base in asked else work.val + work.test
        tests = work.test if plan.base in asked else 2 * work.test
        asked.add(plan.base)
        speed = plan.speed
        seconds = math.nan if speed is None else speed.start + steps * speed.step + (tuned + base) * speed.example
        out.append(Line(plan, steps, tuned + base, (tuned + base) * work.readings + tests * work.further, seconds))
    return out


def rows(plans: Sequence[Plan]) -> list[tuple[str, ...]]:
    """The plan as cells of text, the sum in the last row."""
    todo = lines(plans)
    shown = [(line.plan.name, line.plan.what, *_numbers([line])) for line in todo]
    return [*shown, ("together", "", *_numbers(todo))]


def _numbers(todo: Sequence[Line]) -> tuple[str, ...]:
    doing = [line for line in todo if line.plan.runs]
    if not doing:
        return ("-",) * 5
    train = sum(line.plan.work.train for line in doing if line.plan.work)
    counts = (train, *(sum(getattr(line, name) for line in doing) for name in ("steps", "examples", "readings")))
    return (*(f"{count:,}" for count in counts), duration(sum(line.seconds for line in doing)))


def uncounted(plans: Sequence[Plan]) -> str:
    """What the numbers leave out, in a sentence; "" where that is nothing."""
    names = dict.fromkeys(name for plan in plans if plan.work and plan.runs for name in plan.work.studies)
    return f"readings and time are without the studies: {', '.join(names)}" if names else ""


def duration(seconds: float) -> str:
    """In words, rounded as an estimate deserves.

    >>> duration(42), duration(200), duration(9000), duration(math.nan)
    ('42 s', '3 min', '2.5 h', '?')
    """
    if math.isnan(seconds):
        return "?"
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 100 * 60 else f"{seconds / 3600:.1f} h"
