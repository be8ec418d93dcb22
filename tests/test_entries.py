"""The two commands, seen from outside."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


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
