"""What a run has to do, read off its parts before it is begun."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from omegaconf import DictConfig

from cotfaith.planning import Work
from cotfaith.trial import work_of
from cotfaith.wiring import prepare

Compose = Callable[..., DictConfig]
TINY = (
    *("dataset=arithmetic", "dataset.train_size=16", "dataset.val_size=3", "dataset.test_size=5", "dataset.min_steps=2", "dataset.max_steps=2"),
    *("probe=[filler]", "alphas=[0,0.5,1]", "data.batch_size=4", "study=[]"),
)


def work(compose_run: Compose, *overrides: str) -> Work:
    return work_of(prepare(compose_run("train", *TINY, *overrides), trains=True))


def test_the_work_of_a_run_is_counted(compose_run: Compose) -> None:
    found = work(compose_run, "measures.soft=false", "measures.info_gain=false")
    cuts = 1 + 2  # of a chain of two steps
    assert (found.train, found.steps, found.validations, found.val, found.test) == (16, 4, 2, 3, 5)
    assert (found.readings, found.further) == (1 + 3, 1 + cuts)  # direct and filler; again and the cuts


def test_measures_of_the_test_are_counted(compose_run: Compose) -> None:
    assert work(compose_run).further == 1 + 3 + 3 + 3  # again, cuts, their scorings, the filler's scorings


@pytest.mark.parametrize(("limits", "steps"), [(("-1", "6"), 6), (("null", "6"), 6), (("3", "6"), 6), (("1", "6"), 4), (("2", "-1"), 8)])
def test_the_training_ends_where_the_first_limit_is(compose_run: Compose, limits: tuple[str, str], steps: int) -> None:
    found = work(compose_run, f"trainer.max_epochs={limits[0]}", f"trainer.max_steps={limits[1]}")
    assert (found.steps, found.validations) == (steps, steps // 2)


def test_a_training_without_end_is_refused(compose_run: Compose) -> None:
    with pytest.raises(ValueError, match="expected an end of the training"):
        work(compose_run, "trainer.max_epochs=-1")
