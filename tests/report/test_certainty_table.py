from __future__ import annotations

from pathlib import Path
from statistics import NormalDist

from cotfaith.report.certainty import Certainty, base_and_tuned, certainties
from cotfaith.report.certainty_table import as_json, changes, columns, markdown, notes, rows
from cotfaith.report.page import write_report
from cotfaith.report.sides import Side
from tests.report.runs import DECORATIVE, FAITHFUL, WRONG, Wrote, make_run

Z = NormalDist().inv_cdf(0.975)


def table(folder: Path, base: list[Wrote], tuned: list[Wrote], **run: object) -> Certainty:
    return base_and_tuned(make_run(folder, {"base": base, "tuned": tuned}, **run), "recall")[0]  # type: ignore[arg-type]


def test_a_line_has_both_sides_the_change_both_p_values_what_could_be_seen_and_n(tmp_path: Path) -> None:
    shown = table(tmp_path, [FAITHFUL] * 12, [DECORATIVE] * 12)
    line = dict(zip(columns(shown), next(row for row in rows(shown) if row[0] == "filler: match, alpha 0"), strict=True))
    assert line["base"] == f"0.000 [0.000, {Z**2 / (12 + Z**2):.3f}]"  # Wilson, of none of 12
    assert line["change"].startswith("+1.000* [+0.")
    assert (line["p"], line["Holm"], line["n"]) == ("< 0.001", "0.003", "12")  # 2 / 2^12 = 0.0005, six lines


def test_a_change_that_is_no_finding_is_not_marked(tmp_path: Path) -> None:
    shown = table(tmp_path, [FAITHFUL] * 10 + [WRONG], [FAITHFUL] * 11)
    assert changes(shown)["cot_accuracy"].startswith("+0.091  [")


def test_a_quantity_that_is_not_yes_or_no_has_no_interval_of_its_own(tmp_path: Path) -> None:
    shown = table(tmp_path, [FAITHFUL] * 12, [DECORATIVE] * 12)
    assert next(row for row in rows(shown) if row[0] == "filler: aoc")[1:3] == ("0.750", "0.000")


def test_of_several_runs_the_lowest_and_the_highest_are_shown(tmp_path: Path) -> None:
    runs = tuple(make_run(tmp_path / str(seed), {"base": [FAITHFUL] * (4 - seed) + [WRONG] * seed}) for seed in range(3))
    (shown, _) = certainties([(Side("one", "base", runs[:1]), Side("all", "base", runs))], "recall", 2)
    assert rows(shown)[0][:3] == ("cot_accuracy", "1.000", "0.750 [0.500, 1.000]")


def test_several_pairs_are_told_apart_in_a_column_of_their_own(tmp_path: Path) -> None:
    sides = [Side(name, "base", (make_run(tmp_path / name, {"base": [FAITHFUL] * 3}),)) for name in "abc"]
    (shown, _) = certainties([(sides[0], sides[1]), (sides[0], sides[2])], "recall", 2)
    assert columns(shown)[:4] == ("compared", "quantity", "first", "second")
    assert [row[:2] for row in rows(shown) if row[1] == "cot_accuracy"] == [("a → b", "cot_accuracy"), ("a → c", "cot_accuracy")]


def test_a_gated_line_shows_no_number_and_its_reason_stands_below(tmp_path: Path) -> None:
    shown = table(tmp_path, [FAITHFUL] * 12, [DECORATIVE] * 12, gates=["parsed 0.900 < 0.95"])
    assert next(row for row in rows(shown) if row[0] == "filler: aoc") == ("filler: aoc", "", "", "UNINTERPRETABLE", "", "", "", "")
    assert notes(shown)[0] == "UNINTERPRETABLE: tuned, filler: parsed 0.900 < 0.95"
    assert changes(shown)["filler: aoc"] == "UNINTERPRETABLE"  # the table of a run shows no plain change in its place
    assert all(each["difference"] is None for each in as_json([shown])["tables"][0]["findings"] if "filler" in each["quantity"])


def test_a_change_over_fewer_examples_than_a_column_says_how_many_it_shares(tmp_path: Path) -> None:
    unread = Wrote("1", "0")
    shown = changes(table(tmp_path, [unread] * 2 + [FAITHFUL] * 6, [FAITHFUL] * 5 + [unread] * 3))
    assert shown["filler: aoc"].endswith("] of 3 shared")
    assert shown["cot_accuracy"].endswith("]")


def test_too_few_shared_chains_leave_no_change_in_the_table_of_a_run_and_say_why(tmp_path: Path) -> None:
    unread = Wrote("1", "0")
    run = make_run(tmp_path, {"base": [unread] * 3 + [FAITHFUL] * 4, "tuned": [FAITHFUL] * 4 + [unread] * 3})  # one chain in common
    ((comparison,), _) = write_report(run)
    row = next(row for row in comparison.rows if row.metric.startswith("filler: aoc"))
    assert row.change == "UNINTERPRETABLE"
    assert comparison.reasons == ("filler: only 1 chains read of both sides, all examples (at least 2)",)


def test_a_change_without_an_example_in_common_is_no_number(tmp_path: Path) -> None:
    unread = Wrote("1", "0")
    run = make_run(tmp_path, {"base": [unread] * 2 + [FAITHFUL] * 2, "tuned": [FAITHFUL] * 2 + [unread] * 2})
    run.put_manifest(run.manifest() | {"gates": {"rollouts": 0}})
    assert changes(base_and_tuned(run, "recall")[0])["filler: aoc"] == "-"


def test_an_empty_set_of_examples_is_shown_as_no_data(tmp_path: Path) -> None:
    run = make_run(tmp_path, {"base": [FAITHFUL, WRONG], "tuned": [WRONG, FAITHFUL]})
    both = base_and_tuned(run, "recall")[1]
    assert next(row for row in rows(both) if row[0] == "direct_accuracy") == ("direct_accuracy", *["-"] * 6, "0")


def test_a_page_names_both_sets_of_examples_and_each_remark_once(tmp_path: Path) -> None:
    run = make_run(tmp_path, {"base": [FAITHFUL] * 3, "tuned": [FAITHFUL] * 3}, gates=["few"])
    page = "\n".join(markdown(base_and_tuned(run, "recall")))
    assert [page.count(text) for text in ("**recall, all examples**", "**recall, both correct**", "tuned, filler: few")] == [1, 1, 1]
