"""From `python train.py` to the loss of the first step, on the defaults: the base's first validation is in it, as for a user.

Two sides, interleaved: rows that are tokenised, and rows that an earlier run has kept (`row_dir`). Seconds of wall time, medians.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parents[2]
# The command as it is, ended where the first step has its loss.
COMMAND = """
import os, runpy, sys
from cotfaith.training.module import SFTModule
step = SFTModule.training_step
def first(module, *rest):
    step(module, *rest)
    print("first step", flush=True)
    os._exit(0)
SFTModule.training_step = first
sys.argv = ["train.py", *sys.argv[1:]]
runpy.run_path("train.py", run_name="__main__")
"""


def seconds(rows: Path, folder: Path) -> float:
    """Of one run that keeps its rows there."""
    start = time.perf_counter()
    arguments = [f"row_dir={rows}", f"hydra.run.dir={folder}"]
    environment = os.environ | {"WANDB_MODE": "offline", "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", COMMAND, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    assert "first step" in done.stdout
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=3)
    repeats = parser.parse_args().repeats
    tokenised, kept = [], []
    with TemporaryDirectory() as folder:
        seconds(Path(folder, "kept"), Path(folder, "first"))  # fills the cache, and the system's own
        for repeat in range(repeats):
            tokenised.append(seconds(Path(folder, f"rows{repeat}"), Path(folder, f"tokenised{repeat}")))
            kept.append(seconds(Path(folder, "kept"), Path(folder, f"kept{repeat}")))
    print(f"  tokenised {', '.join(f'{each:.1f}' for each in tokenised)} s; kept {', '.join(f'{each:.1f}' for each in kept)} s")
    print(f"tokenised={median(tokenised):.2f} kept={median(kept):.2f} ratio={median(tokenised) / median(kept):.2f}")


if __name__ == "__main__":
    main()
