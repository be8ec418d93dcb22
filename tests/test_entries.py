"""The two commands, seen from outside."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.report.runs import DECORATIVE, FAITHFUL, make_run


@pytest.mark.parametrize("entry", ["train", "evaluate"])
def test_an_entry_imports_nothing_heavy_before_its_job_starts(root: Path, entry: str) -> None:
    # torch at the top cost 6.7 s for --help
    code = f"import sys, {entry}; sys.exit(str({{'torch', 'lightning', 'transformers', 'wandb', 'pyarrow'}} & set(sys.modules) or ''))"
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=False)
    assert done.stderr.strip() == ""


@pytest.mark.parametrize("entry", ["train.py", "evaluate.py"])
def test_help_names_the_groups(root: Path, entry: str) -> None:
    done = subprocess.run([sys.executable, entry, "--help"], cwd=root, capture_output=True, text=True, check=True)
    names = ", ".join(sorted(path.stem for path in (root / "conf" / "dataset").glob("*.yaml")))
    assert f"dataset: {names}" in done.stdout


@pytest.mark.parametrize(("override", "named"), [("dataset=nosuch", "nosuch"), ("lora.rank=8", "rank"), ("nosuch=1", "nosuch")])
def test_an_unknown_option_or_key_is_named_and_fails(root: Path, override: str, named: str) -> None:
    done = subprocess.run([sys.executable, "train.py", override, "--cfg", "job"], cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert named in done.stderr


@pytest.mark.parametrize("command", ["cotfaith.report.__main__", "cotfaith.board"])
def test_a_command_that_reads_what_runs_left_loads_no_models(root: Path, command: str) -> None:
    code = f"import sys, {command}; sys.exit(str({{'bitsandbytes', 'peft', 'lightning'}} & set(sys.modules) or ''))"
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=False)
    assert done.stderr.strip() == ""


def test_looking_into_a_folder_without_a_run_says_so(root: Path, tmp_path: Path) -> None:
    """It makes no run, so that no run's status could say it."""
    arguments = [sys.executable, str(root / "evaluate.py"), f"inspect={tmp_path}", f"hydra.run.dir={tmp_path / 'out'}"]
    done = subprocess.run(arguments, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert f"inspect={tmp_path}: expected the folder of a run" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_example_is_shown_side_by_side(root: Path, tmp_path: Path) -> None:
    make_run(tmp_path / "run", {"base": [FAITHFUL] * 3, "tuned": [DECORATIVE] * 3})
    arguments = [sys.executable, str(root / "evaluate.py"), f"inspect={tmp_path / 'run'}", "uid=u1", f"hydra.run.dir={tmp_path / 'out'}"]
    done = subprocess.run(arguments, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert "its own answer" in done.stdout
