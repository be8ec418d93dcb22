from __future__ import annotations

from pathlib import Path

import pytest

from cotfaith.callbacks.wandb_board import has_account


@pytest.fixture(autouse=True)
def nobody(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("WANDB_API_KEY", "WANDB_MODE", "WANDB_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))


def test_without_a_key_there_is_no_account() -> None:
    assert not has_account()


def test_a_key_in_the_environment_is_an_account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WANDB_API_KEY", "x" * 40)
    assert has_account()


def test_a_key_in_netrc_is_an_account(tmp_path: Path) -> None:
    (tmp_path / ".netrc").write_text("machine api.wandb.ai\n login user\n password key\n")
    (tmp_path / ".netrc").chmod(0o600)
    assert has_account()


def test_a_wish_to_stay_offline_goes_before_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WANDB_API_KEY", "x" * 40)
    monkeypatch.setenv("WANDB_MODE", "offline")
    assert not has_account()
