"""The command that makes a workspace and a report: what it refuses, what it leaves. The specification of a real run is in tests/test_smoke.py."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cotfaith.board import main, runs_in
from cotfaith.store import RunStore

pytest.importorskip("wandb_workspaces")
PROBED: dict[str, Any] = {"filler": {"cot_pred_match": {}, "gates": []}}


@pytest.fixture
def sweep(tmp_path: Path) -> Path:
    """Two finished runs of rank 8 and 16, and one that failed."""
    for r, status in ((8, "finished"), (16, "finished"), (32, "failed")):
        store = RunStore(tmp_path / "ranks" / f"lora.r-{r}")
        store.put_cell({"config": {"lora": {"r": r}, "trained_on": "recall"}})
        store.put_manifest({"trained_on": "recall"})
        store.put_scores("test", "tuned", "recall", 0, PROBED)
        store.put_status(status)
    return tmp_path / "ranks"


def test_a_dump_needs_no_account_and_shows_the_runs_of_the_sweep(sweep: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WANDB_API_KEY", raising=False)
    main([str(sweep), "--dump", str(tmp_path / "board.json")])
    dump = json.loads((tmp_path / "board.json").read_text())
    (shown,) = dump["workspace"]["section"]["runSets"][0]["filters"]["filters"]
    assert (shown["key"]["name"], shown["value"]) == ("group", "ranks")
    assert "config:lora.value.r" in json.dumps(dump["workspace"])


def test_a_run_that_was_set_aside_decides_over_no_panel(sweep: Path) -> None:
    aside = RunStore(sweep / ".superseded" / "lora.r-8-0123")
    aside.put_manifest({"trained_on": "recall"})
    aside.put_scores("test", "tuned", "recall", 0, PROBED)
    aside.put_status("finished")
    assert [store.folder.name for store in runs_in(sweep)] == ["lora.r-16", "lora.r-8"]


def test_every_panel_of_the_report_stands_below_a_line_on_how_to_read_it(sweep: Path, tmp_path: Path) -> None:
    main([str(sweep), "--dump", str(tmp_path / "board.json")])
    kinds = [block["type"] for block in json.loads((tmp_path / "board.json").read_text())["report"]["blocks"]]
    grids = [place for place, kind in enumerate(kinds) if kind == "panel-grid"]
    assert len(grids) == 7
    assert {kinds[place - 1] for place in grids} == {"paragraph"}


def test_a_folder_without_a_finished_run_is_refused_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main([str(tmp_path), "--dump", str(tmp_path / "board.json")])
    assert end.value.code == 1
    assert capsys.readouterr().err.startswith(f"{tmp_path}: expected the folder of a sweep or of a run")


def test_saving_without_a_team_is_refused_before_anything_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("WANDB_ENTITY", raising=False)
    with pytest.raises(SystemExit):
        main([str(tmp_path)])
    assert "--entity: expected the W&B team or user" in capsys.readouterr().err
