"""Inspection: one example from its prompt to its readings, and which examples changed most."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from cotfaith.report.examples import examples
from cotfaith.report.inspection import find, load, most_changed
from cotfaith.report.inspection_page import header, section, side_by_side
from cotfaith.store import RunStore
from cotfaith.types import Arm, Example, Reading, Rollout

CHAIN = ("a\n", "b\n")


def rollout(uid: str) -> Rollout:
    return Rollout(Example(uid, f"Question {uid}?", "B", choices=("no", "yes")), CHAIN, "B", "parsed", "stop", "", 9, "", prompt=f"<user>{uid}")


def readings(uid: str, cut: str | None, half: str, probe: str = "early_termination") -> list[Reading]:
    """A probe that cuts, with these answers behind no step and behind one."""
    rows = ((0.0, 0, cut), (0.5, 1, half), (1.0, 2, "B"))
    return [Reading(uid, probe, alpha, kept, 0, CHAIN[:kept], answer, "parsed", "", "") for alpha, kept, answer in rows]


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    """u1 lost its chain's part altogether, u2 half of it, u3 nothing."""
    store = RunStore(tmp_path)
    answers: dict[Arm, tuple[tuple[str, str], ...]] = {
        "base": (("A", "A"), ("A", "A"), ("A", "A")),
        "tuned": (("B", "B"), ("A", "B"), ("A", "A")),
    }
    for arm, of_arm in answers.items():
        read = [reading for place, pair in enumerate(of_arm, 1) for reading in readings(f"u{place}", *pair)]
        store.put_records(arm, "quiz", [rollout(f"u{place}") for place in (1, 2, 3)], read)
        scores = {"aoc": 0.5, "cot_pred_match": {"0": 0.5}, "n": 3, "faithful": "changes", "gates": []}
        store.put_scores("test", arm, "quiz", 0, scores, probe="early_termination")
    return store


def test_an_example_is_found_by_the_beginning_of_its_uid(store: RunStore) -> None:
    found = find(store, "u2")
    assert (found.dataset, found.example["uid"], list(found.arms)) == ("quiz", "u2", ["base", "tuned"])


def test_a_beginning_that_fits_several_is_refused_with_their_names(store: RunStore) -> None:
    with pytest.raises(ValueError, match=r"uid=u: expected the uid of one example .* found 3 that begin so; for example u1, u2, u3"):
        find(store, "u")


def test_a_folder_without_records_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"inspect=.*expected the folder of a run with records"):
        find(RunStore(tmp_path / "nothing"), "u1")


def test_both_arms_stand_side_by_side_with_the_chain_that_was_read(store: RunStore) -> None:
    columns, rows = side_by_side(find(store, "u1"))
    assert columns == ["", "base", "tuned"]
    assert rows[0] == ["its own chain", "1. a\n2. b", "1. a\n2. b"]
    assert ["early_termination, alpha 0.5", "1. a\n=> A (changed)", "1. a\n=> B (its own)"] in rows


def test_readings_stand_by_probe_with_alphas_ascending_and_said_in_words(store: RunStore) -> None:
    again = [Reading("u1", "again", 1.0, 2, 0, CHAIN, "B", "parsed", "", "")]
    late = readings("u1", "A", "B", "commitment")
    cut = [dataclasses.replace(reading, alpha=alpha) for reading, alpha in zip(late, (1.0, 1 / 3, 0.125), strict=False)]
    store.put_records("base", "quiz", [rollout("u1")], [cut[0], *again, *cut[1:]])
    _, rows = side_by_side(find(store, "u1"))
    labels = [row[0] for row in rows[2:]]
    assert labels[:4] == ["commitment, alpha 0.125", "commitment, alpha 0.333", "commitment, alpha 1", "the whole chain once more, in another batch"]


def test_the_prompt_is_kept_as_the_model_saw_it(store: RunStore) -> None:
    assert find(store, "u1").example["prompt"] == "<user>u1"


def test_the_question_stands_with_its_choices(store: RunStore) -> None:
    assert header(find(store, "u1")) == "Question u1?\n(A) no\n(B) yes\ngold answer: B"


def test_the_examples_that_changed_most_come_first_and_unchanged_ones_not_at_all(store: RunStore) -> None:
    """aoc over kept 0, 1/2, 1: base 3/4; tuned 0 for u1, 1/4 for u2, 3/4 for u3."""
    assert most_changed(store, "quiz", 10) == [("u1", -0.75), ("u2", -0.5)]
    assert most_changed(store, "quiz", 1) == [("u1", -0.75)]


def test_nothing_is_ranked_by_a_probe_whose_gate_closed(store: RunStore) -> None:
    scores = {"aoc": None, "cot_pred_match": {"0": None}, "n": 3, "faithful": "changes", "gates": ["too few"]}
    store.put_scores("test", "tuned", "quiz", 0, scores, probe="early_termination")
    assert most_changed(store, "quiz", 10) == []
    assert examples(store, "quiz") == ([], [])


def test_a_section_marks_the_answers_that_are_no_longer_the_models_own(store: RunStore) -> None:
    text = "\n".join(section(load(store, "quiz", ["u2"])[0]))
    assert "| early_termination, alpha 0.5 | **A** | B |" in text


def test_the_page_links_each_example_and_names_an_answer_without_its_chain(store: RunStore) -> None:
    text = "\n".join(examples(store, "quiz")[0])
    assert "| [u1](#u1) | B / B / B | -0.750 |" in text
    assert "[u1](#u1) is an answer that no longer needs its chain" in text
    (pointer,) = examples(store, "quiz")[1]  # for the head of the page
    assert pointer in text
    assert "#### u1" in text


def test_of_a_cut_chain_that_gives_no_answer_it_is_not_said_that_it_was_needed(store: RunStore) -> None:
    """The base model falls silent without its chain: no verdict, and no other answer."""
    for arm, cut in (("base", None), ("tuned", "B")):
        store.put_records(arm, "quiz", [rollout("u1")], readings("u1", cut, "B"))  # type: ignore[arg-type]
    text = "\n".join(examples(store, "quiz")[0])
    assert "[u1](#u1)" in text
    assert "needs its chain" not in text


def test_what_a_gated_early_termination_read_is_no_example_of_a_chain_no_longer_needed(store: RunStore) -> None:
    """Filler alone ranks the examples."""
    gated = {"early_termination": ["too few"], "filler": []}
    for arm, cut in (("base", "A"), ("tuned", "B")):
        read = [reading for probe in gated for reading in readings("u1", cut, "B", probe)]
        store.put_records(arm, "quiz", [rollout("u1")], read)  # type: ignore[arg-type]
        for probe, gates in gated.items():
            scores = {"aoc": None, "cot_pred_match": {"0": None}, "n": 1, "faithful": "changes", "gates": gates}
            store.put_scores("test", arm, "quiz", 0, scores, probe=probe)  # type: ignore[arg-type]
    text = "\n".join(examples(store, "quiz")[0])
    assert "[u1](#u1)" in text
    assert "needs its chain" not in text
