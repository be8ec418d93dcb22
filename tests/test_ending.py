"""Bad input ends in one line; whatever is no user's fault keeps its traceback. The lines themselves are in tests/test_smoke.py."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hydra.errors import CompactHydraException, InstantiationException
from omegaconf import DictConfig

from cotfaith.ending import in_one_line


@pytest.fixture(autouse=True)
def _a_run(compose_run: Callable[..., DictConfig], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HYDRA_FULL_ERROR", raising=False)
    compose_run("train")


def test_bad_input_ends_the_command_without_a_traceback() -> None:
    with pytest.raises(SystemExit) as end, in_one_line():
        raise ValueError("lora.r: expected more")
    assert end.value.code == 1


def test_what_is_no_users_fault_goes_on() -> None:
    with pytest.raises(RuntimeError, match="canary"), in_one_line():
        raise RuntimeError("canary")


def test_the_traceback_is_shown_to_those_who_ask_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HYDRA_FULL_ERROR", "1")
    with pytest.raises(ValueError, match="more"), in_one_line():
        raise ValueError("more")


def test_a_job_of_a_sweep_leaves_its_error_to_hydra_in_words_that_bring_no_traceback(compose_run: Callable[..., DictConfig]) -> None:
    compose_run("train", "hydra.mode=MULTIRUN")
    with pytest.raises(CompactHydraException, match=r"^lora.r: expected more$"), in_one_line():
        raise InstantiationException("Error in call to target 'Lora'") from ValueError("lora.r: expected more")
