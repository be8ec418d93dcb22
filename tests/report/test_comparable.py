"""Runs are compared only where they were asked the same: every refusal names what differs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cotfaith.report.comparable import check_comparable, check_seeds, named_differences
from tests.report.runs import FAITHFUL, MANIFEST, make_run

SIX = {"base": [FAITHFUL] * 6}


def refusal(folder: Path, **second: Any) -> str:
    first = make_run(folder / "a", SIX)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="cannot be compared") as caught:
        check_comparable([first, make_run(folder / "b", **({"arms": SIX} | second))])
    return str(caught.value)


@pytest.mark.parametrize(
    ("name", "other", "named"),
    [
        ("template_hash", "c" * 16, "template_hash: aaaaaaaaaaaaaaaa and cccccccccccccccc"),
        ("elicitation", "turn", "elicitation: prefill and turn"),
        ("alphas", [0, 1], "alphas: [0.0, 0.5, 1.0] and [0, 1]"),
        ("prompt", {"cot": "Think!", "cue": "The answer is"}, "prompt.cot: Think. and Think!"),
        ("probe", {"filler": {"token": "_"}}, "probe.filler.token: ... and _"),
        ("engine", MANIFEST["engine"] | {"max_new_tokens": 512}, "engine.max_new_tokens: 64 and 512"),
        ("engine", MANIFEST["engine"] | {"temperature": 0.7}, "engine.temperature: 0 and 0.7"),
    ],
)
def test_another_prompt_probe_or_decoding_is_named(tmp_path: Path, name: str, other: Any, named: str) -> None:
    assert named in refusal(tmp_path, **{name: other})


def test_all_that_differs_is_named_at_once(tmp_path: Path) -> None:
    found = refusal(tmp_path, elicitation="turn", template_hash="c" * 16)
    assert ("elicitation" in found, "template_hash" in found, str(tmp_path / "b") in found) == (True, True, True)


def test_other_examples_are_counted(tmp_path: Path) -> None:
    found = refusal(tmp_path, arms={"base": [FAITHFUL] * 4})
    assert "dataset recall: 2 of 6 and 0 of 4 examples are only in one of them" in found


def test_the_same_examples_behind_another_prompt_are_named(tmp_path: Path) -> None:
    assert "dataset recall: 6 examples have another prompt, the first is u0" in refusal(tmp_path, prompt_hash="q" * 16)


def test_runs_without_a_dataset_in_common_are_refused_by_the_names_of_theirs(tmp_path: Path) -> None:
    assert "no dataset was measured in both (recall and shortcut)" in refusal(tmp_path, dataset="shortcut")


def test_runs_that_share_a_dataset_with_the_first_but_not_with_each_other_are_refused(tmp_path: Path) -> None:
    first = make_run(tmp_path / "a", SIX)  # type: ignore[arg-type]
    make_run(tmp_path / "a", SIX, dataset="shortcut")  # type: ignore[arg-type]
    others = [make_run(tmp_path / name, SIX, dataset=name) for name in ("recall", "shortcut")]  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="expected a dataset that all of them measured"):
        check_comparable([first, *others])


def test_how_many_rows_were_run_at_once_does_not_matter_nor_a_probe_that_one_of_them_has_more(tmp_path: Path) -> None:
    more = {"engine": MANIFEST["engine"] | {"batch_size": 99}, "probe": MANIFEST["probe"] | {"mine": {"of": 1}}}
    check_comparable([make_run(tmp_path / "a", SIX), make_run(tmp_path / "b", SIX, **more)])  # type: ignore[arg-type]


def test_a_manifest_of_an_older_version_is_refused_with_what_to_do(tmp_path: Path) -> None:
    old = make_run(tmp_path / "a", SIX)  # type: ignore[arg-type]
    old.put_manifest({name: value for name, value in MANIFEST.items() if name != "probe"})
    with pytest.raises(ValueError, match=r"a/manifest.json: expected probe, found none; measure it again with run="):
        check_comparable([old, make_run(tmp_path / "b", SIX)])  # type: ignore[arg-type]


def test_another_quantisation_may_be_compared_and_is_named(tmp_path: Path) -> None:
    runs = [make_run(tmp_path / "a", SIX), make_run(tmp_path / "b", SIX, quantization="none", base_hash="d" * 16)]  # type: ignore[arg-type]
    check_comparable(runs)
    assert named_differences(*runs) == [f"base_hash: {'b' * 16} and {'d' * 16}", "quantization: nf4 and none"]


def test_seeds_of_one_group_differ_in_their_seed_alone(tmp_path: Path) -> None:
    runs = [make_run(tmp_path / str(seed), SIX, seed=seed) for seed in range(2)]  # type: ignore[arg-type]
    check_seeds("a", runs)
    with pytest.raises(ValueError, match=r"compare.a: expected runs that differ in their seed alone, got .*quantization: nf4 and fp4"):
        check_seeds("a", [*runs, make_run(tmp_path / "2", SIX, quantization="fp4")])  # type: ignore[arg-type]


def test_seeds_of_one_group_were_trained_alike(tmp_path: Path) -> None:
    lrs = (1e-3, 2e-3)
    runs = [make_run(tmp_path / str(place), SIX, seed=place, training={"optimizer": {"lr": lr}}) for place, lr in enumerate(lrs)]  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"training.optimizer.lr: 0.001 and 0.002"):
        check_seeds("a", runs)


def test_an_evaluation_of_a_run_is_not_another_training(tmp_path: Path) -> None:
    trained = make_run(tmp_path / "a", SIX, training={"optimizer": {"lr": 1e-3}})  # type: ignore[arg-type]
    assert named_differences(trained, make_run(tmp_path / "b", SIX, training=None)) == []  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "target", "fact", "others", "named"),
    [
        ("paraphrase", "cotfaith.probes.paraphrase.Paraphrase", "paraphraser", ({"bank": "x"}, {"bank": "y"}), "paraphraser.bank: x and y"),
        ("mistakes", "cotfaith.probes.mistakes.Mistakes", "paraphraser", ({"bank": "x"}, {"bank": "y"}), "paraphraser.bank: x and y"),
        ("another", "cotfaith.probes.another_chain.AnotherChain", "donors", ("e" * 16, "f" * 16), f"donors: {'e' * 16} and {'f' * 16}"),
    ],
)
def test_what_a_shared_probe_was_given_must_be_the_same(tmp_path: Path, name: str, target: str, fact: str, others: Any, named: str) -> None:
    of = [{"probe": {name: {"_target_": target}}, fact: other} for other in others]
    runs = [make_run(tmp_path / str(place), SIX, **each) for place, each in enumerate(of)]  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=named):
        check_comparable(runs)
    for place, each in enumerate(of):
        runs[place].put_manifest(MANIFEST | {fact: each[fact]})
    check_comparable(runs)  # no probe that both asked uses it


@pytest.mark.parametrize(
    ("facts", "named"),
    [
        ([{"method": "lora"}, {"method": "dora"}], "method: lora and dora"),
        ([{"double_quantization": True}, {"double_quantization": False}], "double_quantization: True and False"),
        ([{"arithmetic": {"precision": name}} for name in ("32-true", "16-mixed")], "arithmetic.precision: 32-true and 16-mixed"),
        ([{"trained_on": "d", "datasets": {"d": {"train_size": size}}} for size in (48, 64)], "trained_dataset.train_size: 48 and 64"),
    ],
)
def test_seeds_of_one_group_are_one_method_and_one_training_set(tmp_path: Path, facts: list[dict[str, Any]], named: str) -> None:
    runs = [make_run(tmp_path / str(seed), SIX, seed=seed, **each) for seed, each in enumerate(facts)]  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=named):
        check_seeds("a", runs)


def test_seeds_of_one_group_may_have_been_computed_on_other_numbers_of_threads(tmp_path: Path) -> None:
    runs = [make_run(tmp_path / str(seed), SIX, seed=seed, arithmetic={"threads": seed + 1}) for seed in range(2)]  # type: ignore[arg-type]
    check_seeds("a", runs)
    assert "threads: 1 and 2" in named_differences(*runs)
