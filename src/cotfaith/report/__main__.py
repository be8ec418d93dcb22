"""Make reports again from what runs left on disk: ``python -m cotfaith.report DIR...``, runs or sweeps in any number."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from cotfaith.report.page import write_report
from cotfaith.report.sweep import summarise
from cotfaith.report.terminal import show_comparison, show_line
from cotfaith.store import RunStore


def main(arguments: Sequence[str] | None = None) -> None:
    """One run: its report. One sweep, or several folders: a summary of all that is in them."""
    parser = argparse.ArgumentParser(prog="python -m cotfaith.report", description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path, metavar="DIR", help="the folder of a run or of a sweep")
    parser.add_argument("--out", type=Path, help="where a summary is written; the folder itself where there is one")
    given = parser.parse_args(arguments)
    missing = [str(folder) for folder in given.folders if not folder.is_dir()]
    if missing:
        parser.error(f"expected folders of runs or sweeps, found none at {', '.join(missing)}")
    if len(given.folders) > 1 and given.out is None:
        parser.error("several folders: expected --out DIR, where their summary is written")
    try:
        _report(given.folders, given.out)
    except FileNotFoundError as error:  # no run in there, or one that failed before it left its numbers
        parser.exit(1, f"{error}\n")


def _report(folders: Sequence[Path], out: Path | None) -> None:
    alone = folders[0] if len(folders) == 1 else None
    if alone is not None and (alone / "metrics.json").is_file() and out is None:
        comparisons, _ = write_report(RunStore(alone))
        for comparison in comparisons:
            show_comparison(comparison)
        show_line(str(alone / "report.html"))
    else:
        summarise(folders, out or folders[0])


if __name__ == "__main__":
    main()
