"""An export is refused before a model is loaded. The export of a real run is in tests/test_smoke.py."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from cotfaith.export import main
from cotfaith.exporting import export
from cotfaith.store import RunStore
from tests.report.test_model_card import FACTS

NO_MODEL = "transformers.AutoModelForCausalLM.from_pretrained"


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunStore:
    """A run that looks finished; loading a model fails the test."""
    monkeypatch.setattr(NO_MODEL, lambda *_, **__: pytest.fail("a model was loaded"))
    store = RunStore(tmp_path / "run")
    store.put_manifest({**FACTS, "quantization": "nf4"})
    store.put_status("finished")
    store.adapter.mkdir()
    (store.adapter / "adapter_config.json").write_text("{}")
    return store


def test_a_folder_that_holds_something_is_refused(store: RunStore, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "notes.txt").write_text("mine")
    with pytest.raises(FileExistsError, match="expected an empty folder or none"):
        export(store.folder, tmp_path / "out", questions=1)


@pytest.mark.parametrize("status", ["failed", "running"])
def test_a_run_that_did_not_finish_is_refused(store: RunStore, tmp_path: Path, status: str) -> None:
    store.put_status(status)
    with pytest.raises(FileNotFoundError, match="expected the folder of a finished training run"):
        export(store.folder, tmp_path / "out", questions=1)


def test_int8_is_refused_and_nothing_is_written(store: RunStore, tmp_path: Path) -> None:
    store.put_manifest({**FACTS, "quantization": "int8"})
    with pytest.raises(ValueError, match="quantization=int8 rounds activations"):
        export(store.folder, tmp_path / "out", questions=1)
    assert not (tmp_path / "out").exists()


def test_bad_input_ends_in_one_line(store: RunStore, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main([str(store.folder), str(tmp_path / "out"), "--questions", "0"])
    assert end.value.code == 1
    assert capsys.readouterr().err == "--questions: expected at least 1, got 0\n"


def test_the_first_thing_a_user_sees_is_what_is_wrong(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "cotfaith.export", str(tmp_path / "nowhere"), str(tmp_path / "out")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # a process of its own: third parties speak when imported
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"RUN={tmp_path / 'nowhere'}: expected the folder of a finished training run, with an adapter in it; found none\n"
