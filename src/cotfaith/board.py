"""A W&B workspace and a report for a sweep, or for one run: ``python -m cotfaith.board SWEEP_DIR``; ``--dump FILE`` needs no account.

What is on the panels is decided in `report.panels`; here it becomes what wandb-workspaces saves (extra: ``cotfaith[wandb-workspaces]``).
Runs that were made offline must have been uploaded (``wandb sync``) for the panels to show them.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from cotfaith.cells import SUPERSEDED
from cotfaith.report.panels import Panel, Section, named, sections, varied
from cotfaith.report.terminal import show_line
from cotfaith.store import RunStore

_COLUMNS = ("test/cot_accuracy", "base/test/cot_accuracy", "change/cot_accuracy", "change/early_termination/aoc", "gates/closed")
_CURVE = {"step": "step", "lineKey": "lineKey", "lineVal": "lineVal"}  # columns of the table behind `wandb.plot.line_series`


class Board(NamedTuple):
    """What will be saved, as wandb-workspaces has it."""

    workspace: Any
    report: Any

    def specs(self) -> dict[str, Any]:
        """Both as plain JSON, as they would be sent."""
        made = {"workspace": self.workspace, "report": self.report}
        return {name: json.loads(each._to_model().spec.model_dump_json(by_alias=True, exclude_none=True)) for name, each in made.items()}


def board(parts: Sequence[Section], axes: Sequence[str], *, entity: str, project: str, name: str, filtered: str) -> Board:
    """filtered: which runs are shown, as an expression of wandb-workspaces ("Group = 'x'")."""
    from wandb_workspaces import workspaces as ws
    from wandb_workspaces.reports.v2 import interface as wr

    pinned = [*(f"config:{axis}" for axis in axes), *(f"summary:{column}" for column in _COLUMNS)]
    grids = [ws.Section(name=part.name, panels=[_panel(panel, wr) for panel in part.panels], is_open=place < 3) for place, part in enumerate(parts)]
    workspace = ws.Workspace(
        entity=entity,
        project=project,
        name=f"cotfaith: {name}",
        sections=grids,
        settings=ws.WorkspaceSettings(x_axis="trainer/global_step"),
        runset_settings=ws.RunsetSettings(filters=filtered, pinned_columns=pinned),
    )
    runs = wr.Runset(entity=entity, project=project, name=name, filters=filtered)
    blocks = [wr.H1("Does the chain of thought still drive the answer?"), wr.TableOfContents()]
    for part in parts:
        grid = wr.PanelGrid(runsets=[runs], panels=[_panel(panel, wr) for panel in part.panels])
        blocks += [wr.H2(part.name), wr.P(part.reading), grid]
    return Board(workspace, wr.Report(project=project, entity=entity, title=f"cotfaith: {name}", blocks=blocks))


def _panel(panel: Panel, wr: Any) -> Any:
    """wr: the module of panels, which is imported only where it is needed."""
    if panel.kind == "steps":
        return wr.LinePlot(title=panel.title, x="trainer/global_step", y=list(panel.metrics))
    if panel.kind == "bars":
        return wr.BarPlot(title=panel.title, metrics=list(panel.metrics), groupby=wr.Config(panel.axis) if panel.axis else None)
    if panel.kind == "against":
        assert panel.axis is not None
        x = wr.Config(panel.axis) if panel.of_config else wr.SummaryMetric(panel.axis)
        return wr.ScatterPlot(title=panel.title, x=x, y=wr.SummaryMetric(panel.metrics[0]))
    if panel.kind == "curves":
        query = {"summaryTable": {"tableKey": panel.metrics[0]}}
        strings = {"title": panel.title, "xname": "alpha"}
        return wr.CustomChart(query=query, chart_name="wandb/lineseries/v0", chart_fields=_CURVE, chart_strings=strings)
    return wr.WeavePanelSummaryTable(table_name=panel.metrics[0], layout=wr.Layout(w=24, h=10))


def runs_in(folder: Path) -> list[RunStore]:
    """The finished training runs in a folder, or the one that it is.

    Raises:
        FileNotFoundError: there is none.
    """
    found = [RunStore(path.parent) for path in sorted(folder.glob("**/manifest.json")) if SUPERSEDED not in path.relative_to(folder).parts]
    finished = [store for store in found if store.status() == "finished" and "tuned" in store.metrics() and store.manifest()["trained_on"]]
    if not finished:
        raise FileNotFoundError(f"{folder}: expected the folder of a sweep or of a run, with a finished training run in it; found none")
    return finished


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m cotfaith.board", description="A W&B workspace and a report for a sweep or a run.")
    parser.add_argument("folder", type=Path, metavar="DIR", help="folder of a sweep, or of one run")
    parser.add_argument("--project", default="cotfaith", help="W&B project of the runs (default: cotfaith)")
    parser.add_argument("--entity", default=os.environ.get("WANDB_ENTITY"), help="W&B team or user (default: WANDB_ENTITY)")
    parser.add_argument("--dump", type=Path, metavar="FILE", help="write both as JSON and save nothing; no account, no network")
    args = parser.parse_args(arguments)
    if args.entity is None and args.dump is None:
        parser.error("--entity: expected the W&B team or user that the project belongs to")
    try:
        stores = runs_in(args.folder)
    except FileNotFoundError as error:
        parser.exit(1, f"{error}\n")
    axes, trained_on = varied(stores), list(dict.fromkeys(store.manifest()["trained_on"] for store in stores))
    parts = sections(stores[0].metrics(), trained_on, axes)
    name = args.folder.resolve().name
    filtered = f"Group = '{name}'" if len(stores) > 1 or stores[0].folder != args.folder else f"Config('run_dir') = '{args.folder.resolve()}'"
    try:
        made = board(parts, list(axes), entity=args.entity or "", project=args.project, name=name, filtered=filtered)
    except ModuleNotFoundError as error:
        parser.exit(1, f"{error}: expected the extra, pip install 'cotfaith[wandb-workspaces]'\n")
    if args.dump is not None:
        args.dump.write_text(json.dumps({"metrics": sorted(named(parts)), **made.specs()}, indent=2) + "\n")
        show_line(str(args.dump))
    else:
        show_line(str(made.workspace.save().url))
        show_line(str(made.report.save().url))


if __name__ == "__main__":
    main()
