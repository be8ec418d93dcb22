from __future__ import annotations

from pathlib import Path

import pytest

from cotfaith.callbacks.wandb_board import _mode, has_account


@pytest.fixture(autouse=True)
def nobody(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("WANDB_API_KEY", "WANDB_MODE", "WANDB_BASE_URL", "NETRC"):
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


@pytest.mark.parametrize(("wish", "mode"), [("offline", "offline"), ("dryrun", "offline"), ("disabled", "disabled"), ("online", "online")])
def test_a_wish_in_the_environment_goes_before_a_key(monkeypatch: pytest.MonkeyPatch, wish: str, mode: str) -> None:
    monkeypatch.setenv("WANDB_API_KEY", "x" * 40)
    monkeypatch.setenv("WANDB_MODE", wish)
    assert _mode(offline=None) == mode


@pytest.mark.parametrize(("offline", "mode"), [(True, "offline"), (False, "online"), (None, "offline")])
def test_the_option_decides_and_without_it_the_account(offline: bool | None, mode: str) -> None:
    assert _mode(offline) == mode
