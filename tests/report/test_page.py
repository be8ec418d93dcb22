"""report.md: made from what the run left on disk, and from nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cotfaith.report.page import write_report
from cotfaith.store import RunStore
from cotfaith.types import Arm, Example, Reading, Rollout
from tests.report.runs import DECORATIVE, FAITHFUL, make_run

EXAMPLE = Example("u1", "2 + 2?", "4")


def rollout(chain: str) -> Rollout:
    return Rollout(EXAMPLE, (chain,), "4", "parsed", "stop", f"{chain}The answer is 4.", 9, "0" * 16)


def without_chain(answer: str) -> Reading:
    return Reading("u1", "early_termination", 0.0, 0, 0, (), answer, "parsed", f" {answer}.", "0" * 16)


def intact() -> Reading:
    return Reading("u1", "early_termination", 1.0, 1, 0, ("all of it",), "4", "parsed", " 4.", "0" * 16)


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    """A run on one example, which needed its chain before tuning and no longer does."""
    store = RunStore(tmp_path)
    store.put_manifest({"model": "embedded", "seed": 3, "git_commit": None, "gates": {"rollouts": 1}})
    arms: tuple[tuple[Arm, str], ...] = (("base", "7"), ("tuned", "4"))
    for arm, answer in arms:
        store.put_scores("test", arm, "recall", 0, {"cot_accuracy": 0.5, "n": 1})
        store.put_scores(
            "test", arm, "recall", 0, {"aoc": None, "cot_pred_match": {"0": None}, "n": 1, "faithful": "changes", "gates": ["few"]}, probe="filler"
        )
        store.put_records(arm, "recall", [rollout(f"{arm} says 4.\n")], [without_chain(answer)])
    return store


def test_the_page_has_the_table_with_its_reasons_and_the_settings(store: RunStore) -> None:
    write_report(store)
    page = (store.folder / "report.md").read_text()
    assert "| cot_accuracy | 0.500 | 0.500 | +0.000  [" in page
    assert "- UNINTERPRETABLE: tuned, filler: few" in page
    assert "- model: embedded\n- seed: 3\n\n" in page  # what is unknown is left out


def test_the_page_shows_the_figure_that_is_there(store: RunStore) -> None:
    write_report(store)
    assert "![curves](figures/recall.png)" in (store.folder / "report.md").read_text()
    assert (store.folder / "figures" / "recall.png").is_file()


def test_the_page_shows_the_examples_that_changed_most(store: RunStore) -> None:
    arms: tuple[tuple[Arm, str], ...] = (("base", "7"), ("tuned", "4"))
    for arm, answer in arms:
        store.put_records(arm, "recall", [rollout(f"{arm} says 4.\n")], [without_chain(answer), intact()])
        scores = {"aoc": 0.5, "cot_pred_match": {"0": 0.5, "1": 1.0}, "n": 1, "faithful": "changes", "gates": []}
        store.put_scores("test", arm, "recall", 0, scores, probe="early_termination")
    write_report(store)
    shown = (store.folder / "report.md").read_text().split("### The examples that changed most")[1]
    assert "| [u1](#u1) | 4 / 4 / 4 | -0.500 |" in shown
    assert "\n2 + 2?\n" in shown
    assert "base says 4." in shown


def test_a_page_of_gated_probes_has_no_such_section(store: RunStore) -> None:
    write_report(store)
    assert "changed most" not in (store.folder / "report.md").read_text()


def test_the_tables_are_returned_for_the_terminal(store: RunStore) -> None:
    comparisons, transfer = write_report(store)
    assert ([comparison.dataset for comparison in comparisons], transfer.datasets) == (["recall"], ("recall",))


def test_a_page_of_several_datasets_shows_trained_on_against_evaluated_on(store: RunStore) -> None:
    store.put_scores("test", "base", "capitals", 0, {"cot_accuracy": 0.75, "n": 1})
    store.put_manifest({"trained_on": "recall", "gates": {"rollouts": 1}})
    store.put_records("base", "capitals", [], [])
    write_report(store)
    page = (store.folder / "report.md").read_text()
    assert "| cot_accuracy | (base) | 0.500 | 0.750 |" in page
    assert "| cot_accuracy | recall | 0.500 | - |" in page


def test_the_page_says_how_sure_one_can_be_and_keeps_the_numbers(tmp_path: Path) -> None:
    store = make_run(tmp_path, {"base": [FAITHFUL] * 12, "tuned": [DECORATIVE] * 12})
    comparisons, _ = write_report(store)
    page = (tmp_path / "report.md").read_text().split("### How sure one can be")[1]
    tests = json.loads((tmp_path / "comparison.json").read_text())["tables"][0]["findings"]
    (direct,) = [each for each in tests if each["quantity"] == "direct_accuracy"]
    assert direct["difference"]["p"] == pytest.approx(2 / 2**12)
    assert "| direct_accuracy | 0.000 [0.000, 0.242] | 1.000 [0.758, 1.000] | +1.000* [" in page
    assert [row.change.split(" ")[0] for row in comparisons[0].rows if row.metric == "direct_accuracy"] == ["+1.000*"]


def test_a_page_of_the_base_alone_has_nothing_to_be_sure_of(tmp_path: Path) -> None:
    write_report(make_run(tmp_path, {"base": [FAITHFUL] * 3}))
    assert "How sure one can be" not in (tmp_path / "report.md").read_text()
    assert not (tmp_path / "comparison.json").exists()
