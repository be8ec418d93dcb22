"""Bad input is refused before anything expensive starts, by the name of the option."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from omegaconf import DictConfig

from cotfaith.probes.early_termination import EarlyTermination
from cotfaith.probes.filler import FillerSubstitution
from cotfaith.run import evaluate, train
from cotfaith.store import RunStore
from cotfaith.wiring import _given
from tests.report.runs import DECORATIVE, FAITHFUL, make_run

Compose = Callable[..., DictConfig]
TINY = ("dataset.train_size=4", "dataset.val_size=2", "dataset.test_size=2")


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["alphas=[0,0.5,1.5]"], "alphas: expected different ascending fractions"),
        (["alphas=3"], "alphas: expected different ascending fractions"),
        (["alphas=[0.25,1]"], "alphas: expected different ascending fractions"),
        (["alphas=[0,0.5]"], "alphas: expected different ascending fractions"),
        (["lora.r=0"], "lora.r: expected a rank of at least 1, got 0"),
        (["dataset.test_size=0"], "dataset.test_size: expected a positive number"),
        (["dataset.train_size=0"], "dataset.train_size: expected a positive number"),
        (["data.max_length=5"], "data.max_length=5 is too short: no example fits"),
        (["engine.batch_size=0"], "engine.batch_size: expected at least 1, got 0"),
        (["target.learn=everything"], "target.learn: expected chain_and_answer or answer_only"),
        (["prompt.cue=Thus"], "prompt.cot must show the model the answer cue 'Thus'"),
        (["gates.control=2"], "gates.control: expected a fraction"),
        (["ckpt_path=nowhere.ckpt"], "ckpt_path=nowhere.ckpt: expected a checkpoint"),
        (["model=local", "model.path=./nowhere"], "model.path=./nowhere: expected a folder with a model"),
        (
            ["trainer.precision=bf16-true"],
            "trainer.precision=bf16-true casts the weights that are trained to 16 bits; expected 32-true",
        ),
        (["lora.r=8.5"], "lora.r: expected int, got 8.5"),
        (["lora.r=eight"], "lora.r: expected int, got 'eight'"),
        (["trainer.max_epochs=abc"], "trainer.max_epochs: expected int, got 'abc'"),
        (["dataset.train_size=many"], "dataset.train_size: expected int, got 'many'"),
        (["optimizer.lr=fast"], "optimizer.lr: expected float, got 'fast'"),
        (["optimizer.lr=-1"], "optimizer.lr: expected a number of at least 0, got -1"),
        (["optimizer.bits=16"], "optimizer.bits: expected auto, 8 or 32, got 16"),
        (["data.batching=packed"], "data.batching=packed: it needs flash attention on a CUDA device, the model trains on 'cpu'"),
        (["gradient_checkpointing=often"], "gradient_checkpointing: expected auto, true or false, got 'often'"),
        (["method=full", "quantization=nf4"], r"lora=none \(method=full\) trains weights that quantization=nf4 freezes"),
        (["method=full", "model.dtype=bfloat16"], r"lost unless they are float32, got \['torch.bfloat16'\]"),
        (["+lora.dora=true"], r"study=dose_response weakens .* this one has use_dora; expected study=\[chain_swap\]"),
        (["lora=none", "quantization=none"], "study=dose_response weakens .* this one has modules_to_save"),
        (["+trainer.strategy=fsdp"], "trainer.strategy=fsdp shards weights"),
        (["eval_datasets=[nosuch]"], "dataset/nosuch"),
        (["eval_datasets={shortcut: {test_size: 3}}"], "the dataset that is trained on takes its options as dataset"),
        (["eval_datasets={recall: {test_size: 0}}"], "dataset.test_size: expected a positive number"),
    ],
)
def test_a_bad_value_is_refused_by_name_before_a_model_is_loaded(
    compose_run: Compose, monkeypatch: pytest.MonkeyPatch, overrides: list[str], message: str
) -> None:
    monkeypatch.setattr("transformers.AutoModelForCausalLM.from_pretrained", lambda *_, **__: pytest.fail("a model was loaded"))
    with pytest.raises(Exception, match=message):
        train(compose_run("train", *TINY, *overrides))


def test_another_examples_chain_needs_a_dataset_with_gold_chains(compose_run: Compose) -> None:
    with pytest.raises(ValueError, match="probe.filler_another: expected gold chains in the training split"):
        evaluate(compose_run("evaluate", "dataset=recall", "dataset.test_size=2", "probe=[filler_another]"))


def test_what_is_partial_is_given_the_facts_that_it_names_and_so_is_what_it_is_made_of() -> None:
    facts = {"length": lambda: len, "seed": lambda: 7, "donors": lambda: pytest.fail("not asked for")}
    node = partial(lambda probes, seed: (probes, seed), probes={"one": partial(FillerSubstitution, token="___"), "two": EarlyTermination()})
    assert _given(node, facts) == ({"one": FillerSubstitution(token="___", length=len), "two": EarlyTermination()}, 7)


def test_what_the_configuration_says_is_not_given_again() -> None:
    assert _given(partial(FillerSubstitution, length=len), {"length": lambda: pytest.fail("not asked for")}).length is len


def test_a_missing_run_folder_is_named(compose_run: Compose) -> None:
    with pytest.raises(FileNotFoundError, match="run=nowhere: expected the folder of a training run"):
        evaluate(compose_run("evaluate", "run=nowhere"))


def test_a_missing_adapter_is_named(compose_run: Compose) -> None:
    with pytest.raises(FileNotFoundError, match="adapter=nowhere: expected a PEFT folder"):
        evaluate(compose_run("evaluate", "adapter=nowhere"))


def test_a_run_and_an_adapter_at_once_are_refused(compose_run: Compose) -> None:
    with pytest.raises(ValueError, match="expected one of compare, run and adapter, got run and adapter"):
        evaluate(compose_run("evaluate", "run=a", "adapter=b"))


def test_a_comparison_of_a_folder_without_a_run_is_refused(compose_run: Compose, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="compare: nowhere: expected the folder of a finished run, found no metrics.json"):
        evaluate(compose_run("evaluate", "compare=[nowhere,elsewhere]"))
    assert RunStore(tmp_path / "run").status() == "failed"


def test_runs_are_compared_without_a_model(compose_run: Compose, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("transformers.AutoModelForCausalLM.from_pretrained", lambda *_, **__: pytest.fail("a model was loaded"))
    for name, wrote in (("a", FAITHFUL), ("b", DECORATIVE)):
        make_run(tmp_path / name, {"base": [FAITHFUL] * 9, "tuned": [wrote] * 9})
    evaluate(compose_run("evaluate", f"compare={{first: {tmp_path / 'a'}, second: [{tmp_path / 'b'}]}}"))
    assert "| quantity | first (tuned) | second (tuned) |" in (tmp_path / "run" / "comparison.md").read_text()


def test_a_failed_run_says_so_in_its_folder(compose_run: Compose, tmp_path: Path) -> None:
    with pytest.raises(Exception, match=r"lora\.r"):
        train(compose_run("train", "lora.r=0"))
    assert RunStore(tmp_path / "run").status() == "failed"


def test_a_resumed_run_that_fails_at_once_says_so_in_a_new_folder(compose_run: Compose, tmp_path: Path) -> None:
    with pytest.raises(Exception, match=r"lora\.r"):
        train(compose_run("train", "lora.r=0", "resume=true"))
    assert RunStore(tmp_path / "run").began
    assert "lora.r" in (RunStore(tmp_path / "run").why() or "")


def test_evaluating_without_an_adapter_measures_the_base_alone(compose_run: Compose, tmp_path: Path) -> None:
    evaluate(compose_run("evaluate", *TINY, "dataset=commonsense", "probe=[early_termination]", "callbacks.progress=null"))
    metrics = RunStore(tmp_path / "run").metrics()
    assert list(metrics) == ["base"]
    assert metrics["base"]["commonsense"]["n"] == 2


def test_a_folder_that_holds_a_run_is_not_written_into(compose_run: Compose, tmp_path: Path) -> None:
    RunStore(tmp_path / "run").put_scores("test", "base", "recall", 0, {"n": 1})
    with pytest.raises(FileExistsError, match="holds a run"):
        evaluate(compose_run("evaluate", *TINY))


def test_several_datasets_are_measured_with_their_own_options(compose_run: Compose, tmp_path: Path) -> None:
    small = "{train_size: 0, val_size: 0, test_size: 3}"
    evaluate(compose_run("evaluate", f"eval_datasets={{recall: {small}, commonsense: {small}}}", "probe=[filler]", "callbacks.progress=null"))
    assert {name: scores["n"] for name, scores in RunStore(tmp_path / "run").metrics()["base"].items()} == {"recall": 3, "commonsense": 3}


def test_the_dataset_trained_on_is_measured_once_and_first(compose_run: Compose, tmp_path: Path) -> None:
    train(compose_run("train", *TINY, "dataset=recall", "eval_datasets=[recall]", "probe=[filler]", "callbacks.progress=null"))
    assert list(RunStore(tmp_path / "run").metrics()["tuned"]) == ["recall"]


def test_a_data_root_holds_a_folder_for_each_dataset(compose_run: Compose, tmp_path: Path) -> None:
    for name in ("gsm8k", "medqa"):
        (tmp_path / "data" / name).mkdir(parents=True)
    (tmp_path / "data" / "gsm8k" / "test.jsonl").write_text("".join(f'{{"question": "{n} + 1?", "answer": "#### {n + 1}"}}\n' for n in range(30)))
    with pytest.raises(FileNotFoundError, match=f"dataset.path={tmp_path / 'data' / 'medqa'}: expected files named"):
        evaluate(compose_run("evaluate", f"data_root={tmp_path / 'data'}", "dataset=gsm8k", "eval_datasets=[gsm8k,medqa]"))


def test_a_run_that_trained_every_weight_is_measured_again_with_the_same_numbers(compose_run: Compose, tmp_path: Path) -> None:
    quick = ("probe=[early_termination]", "callbacks.progress=null")
    train(compose_run("train", *TINY, *quick, "method=full", "optimizer.lr=1e-3"))
    evaluate(compose_run("evaluate", f"run={tmp_path / 'run'}", f"run_dir={tmp_path / 'again'}", "callbacks.progress=null"))
    first, again = (RunStore(tmp_path / name).metrics()["tuned"]["shortcut"]["early_termination"] for name in ("run", "again"))
    assert first == again
    assert RunStore(tmp_path / "again").manifest()["method"] == "full"


def test_a_dataset_named_twice_for_evaluation_has_both_its_options(compose_run: Compose, tmp_path: Path) -> None:
    options = ("dataset=recall", "dataset.test_size=4", "eval_datasets={recall: {seed: 5}}", "probe=[filler]", "callbacks.progress=null")
    evaluate(compose_run("evaluate", *options))
    store = RunStore(tmp_path / "run")
    assert store.metrics()["base"]["recall"]["n"] == 4
    assert store.manifest()["datasets"]["recall"]["seed"] == 5


def test_a_dora_adapter_is_reported_on_without_the_default_study_that_it_does_not_bear(compose_run: Compose, tmp_path: Path) -> None:
    # The study was reached after all tests, and the report was lost with it.
    quick = ("probe=[early_termination]", "callbacks.progress=null")
    train(compose_run("train", *TINY, *quick, "method=dora"))
    evaluate(compose_run("evaluate", *TINY, *quick, f"adapter={tmp_path / 'run' / 'adapter'}", f"run_dir={tmp_path / 'again'}"))
    assert (tmp_path / "again" / "report.md").is_file()
    assert list(RunStore(tmp_path / "again").studies()) == ["chain_swap"]


def test_a_study_named_on_the_command_line_is_not_left_out(compose_run: Compose, tmp_path: Path) -> None:
    (tmp_path / "adapter_config.json").write_text('{"peft_type": "LORA", "use_dora": true}')
    with pytest.raises(ValueError, match="study=dose_response weakens .* this one has use_dora"):
        evaluate(compose_run("evaluate", *TINY, "study=[dose_response]", f"adapter={tmp_path}"))
