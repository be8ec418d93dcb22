"""`experiment=smoke` from the command line, once; then what it printed and left behind."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow.parquet as pq
import pytest
import torch
import yaml
from huggingface_hub import ModelCard
from peft import PeftModel
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, BitsAndBytesConfig

from cotfaith.board import main
from cotfaith.callbacks.studying import flattened
from cotfaith.engine.decoding import Decoding
from cotfaith.engine.local import LocalReasoner
from cotfaith.exporting import export
from cotfaith.models.base import BaseModel, keep_cpu_weights_in_place
from cotfaith.store import RunStore
from cotfaith.text.encoding import Encoder
from cotfaith.types import Example

pytestmark = pytest.mark.xdist_group("smoke")
METRICS = {
    "cot_accuracy",
    "direct_accuracy",
    "cot_lift",
    "chance",
    "parsed",
    "truncated",
    "multi_step",
    "degenerate",
    "mean_steps",
    "mean_tokens",
    "n",
    "forced_accuracy",
    "option_mass",
    "cost",
    "aa_floor",
    "commitment",
    "info_gain",
}
PROBES = {"early_termination", "filler", "paraphrase", "mistakes"}


class Finished(NamedTuple):
    code: int
    out: str
    err: str
    folder: Path


def command(root: Path, entry: str, folder: Path, *overrides: str) -> Finished:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("WANDB")} | {"HOME": str(folder.parent)}
    arguments = [sys.executable, str(root / entry), *overrides, f"hydra.run.dir={folder}", f"hydra.sweep.dir={folder}"]
    done = subprocess.run(arguments, capture_output=True, text=True, env=environment, cwd=folder.parent, check=False)
    return Finished(done.returncode, done.stdout, done.stderr, folder)


def measured(folder: Path) -> dict[str, Any]:
    """The final scores without what they cost, which is the machine's and not the model's."""
    costs = {"cost", "training"}
    metrics = RunStore(folder).metrics()
    return {arm: {name: {key: s[key] for key in s.keys() - costs} for name, s in of_arm.items()} for arm, of_arm in metrics.items()}


@pytest.fixture(scope="module")
def smoke(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Finished:
    return command(root, "train.py", tmp_path_factory.mktemp("smoke") / "run", "experiment=smoke")


def test_it_ends_well_and_last_of_all_names_its_folder(smoke: Finished) -> None:
    assert smoke.code == 0, smoke.err
    assert smoke.out.splitlines()[-1] == str(smoke.folder)


def test_the_first_screen_is_free_of_third_party_noise(smoke: Finished) -> None:
    assert not [line for line in (smoke.out + smoke.err).splitlines() if "kernels" in line or "Warning" in line or "WARNING" in line]


def test_how_the_engine_asks_is_said_in_the_log_file_alone(smoke: Finished) -> None:
    said = "packed reading is within"
    assert said in (smoke.folder / "train.log").read_text()
    assert said not in smoke.err


def test_a_pipe_gets_lines_and_no_escape_codes(smoke: Finished) -> None:
    accuracy = RunStore(smoke.folder).metrics()["tuned"]["shortcut"]["cot_accuracy"]
    assert f"measured tuned on shortcut, test split: cot_accuracy {accuracy:.3f}, 32 examples in" in smoke.err
    assert "measured base on shortcut, val split at step 0: cot_accuracy" in smoke.err
    assert [line.split(",")[0] for line in smoke.err.splitlines() if line.startswith("step ")] == [f"step {n} of 4" for n in (1, 2, 3, 4)]
    assert "\x1b" not in smoke.out + smoke.err


def test_a_terminal_is_told_what_is_being_done_and_how_far_it_is(root: Path, tmp_path: Path) -> None:
    small = ("dataset.test_size=3", "dataset.max_steps=2", "probe=[filler]", "logger=none", "engine.max_new_tokens=64")
    screen = in_terminal([sys.executable, str(root / "evaluate.py"), *small, f"hydra.run.dir={tmp_path / 'run'}"])
    assert "measuring base on shortcut, batch 1 of 1: writing chains" in screen
    assert "measuring base on shortcut, batch 1 of 1: reading" in screen
    assert "3/3" in screen
    assert "measured base on shortcut, test split: cot_accuracy" in screen


def in_terminal(command: Sequence[str]) -> str:
    """All that a command writes to a terminal of 150 columns, escape codes taken out."""
    ours, its = pty.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 150, 0, 0))
    environment = os.environ | {"TERM": "xterm", "COLUMNS": "150"}
    with subprocess.Popen(command, stdout=its, stderr=its, stdin=subprocess.DEVNULL, env=environment) as child:
        os.close(its)
        written = b"".join(iter(lambda: _read(ours), b""))
        assert child.wait() == 0, written
    os.close(ours)
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", written.decode(errors="replace"))


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # the other end is closed
        return b""


def test_bad_input_ends_in_one_line_and_its_traceback_is_in_the_log(root: Path, tmp_path: Path) -> None:
    done = command(root, "train.py", tmp_path / "run", "lora.r=0", "logger=none")
    assert (done.code, done.out) == (1, "")
    assert done.err == "failed: lora.r: expected a rank of at least 1, got 0\n"
    assert "Traceback" in (tmp_path / "run" / "train.log").read_text()


def test_a_folder_that_holds_a_run_is_refused_in_one_line_and_keeps_its_status(root: Path, tmp_path: Path) -> None:
    store = RunStore(tmp_path / "run")
    store.put_scores("test", "base", "recall", 0, {"n": 1})
    store.put_status("finished")
    done = command(root, "evaluate.py", tmp_path / "run", "logger=none")
    assert done.code == 1
    assert [line for line in done.err.splitlines() if not line.startswith(f"failed: {tmp_path / 'run'} holds a run")] == []
    assert store.status() == "finished"


def test_metrics_have_the_documented_keys_for_both_arms(smoke: Finished) -> None:
    metrics = json.loads((smoke.folder / "metrics.json").read_text())
    assert metrics.keys() == {"base", "tuned"}
    assert metrics["base"]["shortcut"].keys() == METRICS | PROBES
    assert metrics["tuned"]["shortcut"].keys() == METRICS | PROBES | {"training"}
    drops = {"dropped", "drop_rate", "drop_reasons"}
    curve = {"cot_pred_match", "accuracy", "normalised_match", "logprob"}
    assert metrics["base"]["shortcut"]["filler"].keys() == curve | {"aoc", "soft_aoc", "same_without_chain", "n", "faithful", "gates", *drops}
    assert metrics["base"]["shortcut"]["commitment"].keys() == {"mean", "n", "settled", "gates"}
    assert metrics["base"]["shortcut"]["info_gain"].keys() == {"log", "perplexity", "unbounded", "by_step", "mean_steps", "n", "gates"}
    assert list(metrics["tuned"]["shortcut"]["paraphrase"]["cot_pred_match"]) == ["0", "0.25", "0.5", "0.75", "1"]


def test_the_base_is_validated_before_the_first_step(smoke: Finished) -> None:
    first = RunStore(smoke.folder).validations()[0]
    assert (first["step"], first["arm"]) == (0, "base")


def test_the_table_on_the_screen_holds_both_arms(smoke: Finished) -> None:
    metrics = RunStore(smoke.folder).metrics()
    line = next(line for line in smoke.out.splitlines() if "cot_accuracy" in line)
    assert [f"{metrics[arm]['shortcut']['cot_accuracy']:.3f}" in line for arm in ("base", "tuned")] == [True, True]


def test_every_number_can_be_traced_to_records(smoke: Finished) -> None:
    for arm, scores in RunStore(smoke.folder).metrics().items():
        rollouts = pq.read_table(smoke.folder / "records" / arm / "shortcut" / "rollouts.parquet").to_pylist()
        assert sum(row["correct"] for row in rollouts) / len(rollouts) == scores["shortcut"]["cot_accuracy"]
        assert len(rollouts) == 32


def test_the_match_at_alpha_0_can_be_counted_from_the_readings(smoke: Finished) -> None:
    folder = smoke.folder / "records" / "base" / "shortcut"
    own = {row["uid"]: row["answer"] for row in pq.read_table(folder / "rollouts.parquet").to_pylist()}
    read = [r for r in pq.read_table(folder / "readings.parquet").to_pylist() if r["probe"] == "filler" and r["alpha"] == 0]
    score = RunStore(smoke.folder).metrics()["base"]["shortcut"]["filler"]["cot_pred_match"]["0"]
    assert sum(r["answer"] == own[r["uid"]] for r in read) / len(read) == score


def test_the_report_shows_its_figure(smoke: Finished) -> None:
    assert "![curves](figures/shortcut.png)" in (smoke.folder / "report.md").read_text()
    assert (smoke.folder / "figures" / "shortcut.png").read_bytes()[:4] == b"\x89PNG"


def test_the_manifest_names_what_determines_the_numbers(smoke: Finished) -> None:
    manifest = RunStore(smoke.folder).manifest()
    assert manifest["lora"]["r"] == yaml.safe_load((smoke.folder / "config.yaml").read_text())["lora"]["r"]
    assert manifest["budget"]["memory"] > 0
    assert all(len(manifest[name]) == 16 for name in ("base_hash", "adapter_hash", "data_hash", "template_hash"))


def test_checkpoints_best_and_last_hold_the_adapter_and_plain_values(smoke: Finished) -> None:
    saved = {path.stem: torch.load(path, weights_only=True) for path in (smoke.folder / "checkpoints").iterdir()}
    assert saved.keys() == {"best", "last"}
    assert all("lora_" in name for checkpoint in saved.values() for name in checkpoint["state_dict"])


def test_the_last_checkpoint_is_the_adapter_that_was_measured(smoke: Finished) -> None:
    last = torch.load(smoke.folder / "checkpoints" / "last.ckpt", weights_only=True)
    saved = load_file(smoke.folder / "adapter" / "adapter_model.safetensors")
    assert last["global_step"] == 4  # 64 examples in batches of 16
    state = {name.removeprefix("model.").replace(".default", ""): tensor for name, tensor in last["state_dict"].items()}
    assert state.keys() == saved.keys()
    assert all(torch.equal(state[name], saved[name]) for name in saved)


@pytest.fixture(scope="module")
def again(root: Path, smoke: Finished, tmp_path_factory: pytest.TempPathFactory) -> Finished:
    return command(root, "evaluate.py", tmp_path_factory.mktemp("again") / "run", f"run={smoke.folder}", "logger=none")


def test_evaluating_the_run_gives_the_same_numbers_to_the_last_digit(smoke: Finished, again: Finished) -> None:
    assert again.code == 0, again.err
    assert measured(again.folder) == measured(smoke.folder)
    assert without_cost(again.folder) == without_cost(smoke.folder) != {}


def without_cost(folder: Path) -> dict[str, dict[str, dict[str, Any]]]:
    """The scores of the studies of a run; what they cost is not the same twice."""
    studies = RunStore(folder).studies()
    return {
        study: {name: {key: value for key, value in scores.items() if key != "cost"} for name, scores in of.items()} for study, of in studies.items()
    }


def test_the_ends_of_the_studies_are_the_arms_own_numbers(smoke: Finished) -> None:
    metrics, studies = RunStore(smoke.folder).metrics(), RunStore(smoke.folder).studies()
    scales, cells = studies["dose_response"]["shortcut"]["scales"], studies["chain_swap"]["shortcut"]["cells"]
    for arm, scale in (("base", "0"), ("tuned", "1")):
        own, probe = metrics[arm]["shortcut"], metrics[arm]["shortcut"]["early_termination"]
        expected = {"aoc": probe["aoc"], **probe["cot_pred_match"], **{name: own[name] for name in ("cot_accuracy", "direct_accuracy")}}
        for cell in (scales[scale], cells[arm][arm]):
            assert {name: (cell | cell["match"])[name] for name in expected} == pytest.approx(expected)


def test_comparing_a_run_with_itself_measured_again_finds_no_difference(root: Path, smoke: Finished, again: Finished, tmp_path: Path) -> None:
    done = command(root, "evaluate.py", tmp_path / "compared", f"compare=[{smoke.folder},{again.folder}]")
    assert done.code == 0, done.err
    (findings, _) = (table["findings"] for table in json.loads((done.folder / "comparison.json").read_text())["tables"])
    assert {(each["difference"]["change"], each["difference"]["p"]) for each in findings if each["difference"]} == {(0.0, 1.0)}
    assert "cot_accuracy" in done.out


def test_paired_means_are_the_numbers_of_the_table(smoke: Finished) -> None:
    metrics = RunStore(smoke.folder).metrics()
    (everything, _) = json.loads((smoke.folder / "comparison.json").read_text())["tables"]
    paired = {each["quantity"]: each["difference"] for each in everything["findings"] if each["difference"]}
    for arm, side in (("base", "first"), ("tuned", "second")):
        scores = metrics[arm]["shortcut"]
        assert paired["cot_lift"][side] == pytest.approx(scores["cot_lift"], abs=1e-12)
        assert paired["filler: aoc"][side] == pytest.approx(scores["filler"]["aoc"], abs=1e-12)
        assert paired["filler: match, alpha 0.75"][side] == pytest.approx(scores["filler"]["cot_pred_match"]["0.75"], abs=1e-12)


def test_every_intact_chain_is_read_a_second_time(smoke: Finished) -> None:
    for arm, scores in RunStore(smoke.folder).metrics().items():
        rows = pq.read_table(smoke.folder / "records" / arm / "shortcut" / "readings.parquet").to_pylist()
        again = {row["uid"]: row["answer"] for row in rows if row["probe"] == "again"}
        first = {row["uid"]: row["answer"] for row in rows if row["probe"] == "filler" and row["alpha"] == 1}
        flips = sum(again[uid] != answer for uid, answer in first.items())
        assert scores["shortcut"]["aa_floor"] == {"share": flips / len(first), "n": len(first)}
        assert again.keys() == first.keys()


def run_card(folder: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the code in a model card leaves behind, run where the card lies."""
    code = (folder / "README.md").read_text().split("```python\n")[1].split("```")[0]
    monkeypatch.chdir(folder)
    names: dict[str, Any] = {}
    exec(compile(code, "README.md", "exec"), names)
    return names


def first_text(folder: Path) -> str:
    """What the tuned model wrote to the first test question, as it is on record."""
    rows = pq.read_table(folder / "records" / "tuned" / "shortcut" / "rollouts.parquet").to_pylist()
    return str(rows[0]["text"])


def test_the_code_in_the_card_of_the_adapter_writes_what_was_measured(smoke: Finished, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run_card(smoke.folder / "adapter", monkeypatch)["text"] == first_text(smoke.folder)


def test_the_card_of_the_adapter_has_the_numbers_of_the_run(smoke: Finished) -> None:
    card = ModelCard.load(smoke.folder / "adapter" / "README.md")
    scores = RunStore(smoke.folder).metrics()["tuned"]["shortcut"]
    assert {result.metric_name: result.metric_value for result in card.data.eval_results} == {
        name: scores[name] for name in ("cot_accuracy", "direct_accuracy")
    }


def test_an_export_is_the_measured_model_and_its_card_writes_what_was_measured(
    smoke: Finished, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = export(smoke.folder, tmp_path / "out", questions=4)
    assert done.parity.kl < 1e-6
    assert (done.parity.likeliest, done.answers, done.examples) == (1, 1, 4)
    assert run_card(tmp_path / "out", monkeypatch)["text"] == first_text(smoke.folder)
    assert {"chat_template.jinja", "generation_config.json", "tokenizer.json"} <= {path.name for path in (tmp_path / "out").iterdir()}


def test_evaluating_the_adapter_folder_on_another_dataset_measures_both_arms(root: Path, smoke: Finished, tmp_path: Path) -> None:
    small = ("dataset=recall", "dataset.test_size=8", "engine.max_new_tokens=64", "logger=none", "probe=[filler]")
    other = command(root, "evaluate.py", tmp_path / "other", f"adapter={smoke.folder / 'adapter'}", *small)
    assert other.code == 0, other.err
    assert {arm: list(scores) for arm, scores in RunStore(other.folder).metrics().items()} == {"base": ["recall"], "tuned": ["recall"]}


def test_a_run_can_be_evaluated_with_something_else_named_on_the_command_line(root: Path, smoke: Finished, tmp_path: Path) -> None:
    other = command(root, "evaluate.py", tmp_path / "other", f"run={smoke.folder}", "dataset.test_size=5", "probe=[filler]", "logger=csv")
    assert other.code == 0, other.err
    scores = RunStore(other.folder).metrics()["tuned"]["shortcut"]
    assert (scores["n"], "filler" in scores, "paraphrase" in scores) == (5, True, False)
    assert (other.folder / "csv" / "metrics.csv").exists()


def test_plain_peft_on_a_plain_transformers_model_gives_the_same_answers(smoke: Finished, encoder: Encoder) -> None:
    quantized = BitsAndBytesConfig(load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_use_double_quant=True, bnb_4bit_compute_dtype=torch.float32)
    plain = AutoModelForCausalLM.from_pretrained(BaseModel(path="embedded").source, quantization_config=quantized, dtype=torch.float32)
    keep_cpu_weights_in_place(plain)
    model = PeftModel.from_pretrained(plain, str(smoke.folder / "adapter"))
    rows = pq.read_table(smoke.folder / "records" / "tuned" / "shortcut" / "rollouts.parquet").to_pylist()
    examples = [Example(row["uid"], row["question"], row["gold_answer"]) for row in rows]
    written = LocalReasoner(model, encoder, Decoding(batch_size=128, max_new_tokens=128, answer_tokens=12)).write(examples)
    assert [rollout.text for rollout in written] == [row["text"] for row in rows]


def test_the_cost_of_writing_and_reading_is_counted(smoke: Finished) -> None:
    for arm in RunStore(smoke.folder).metrics().values():
        cost = arm["shortcut"]["cost"]
        assert all(cost[f"{phase}_{unit}"] > 0 for phase in ("write", "read", "score") for unit in ("tokens", "forwards", "seconds"))


def test_the_adapter_names_its_base_as_the_user_did(smoke: Finished) -> None:
    config = json.loads((smoke.folder / "adapter" / "adapter_config.json").read_text())
    assert config["base_model_name_or_path"] == "embedded"


def test_the_cost_of_training_is_kept(smoke: Finished) -> None:
    training = RunStore(smoke.folder).metrics()["tuned"]["shortcut"]["training"]
    assert training["tokens_per_second"] > 0
    assert 0 < training["supervised"] < 1
    assert 0 <= training["padding"] < 0.5


def test_wandb_holds_config_scores_tables_curves_and_adapter(smoke: Finished) -> None:
    run = offline(smoke.folder)
    scores = RunStore(smoke.folder).metrics()
    assert run.summary["config"]["lora"]["r"] == RunStore(smoke.folder).manifest()["lora"]["r"]
    assert run.summary["summary"]["final"]["base"]["shortcut"]["cot_accuracy"] == scores["base"]["shortcut"]["cot_accuracy"]
    assert {"val/cot_accuracy", "val/filler/aoc", "test/filler/cot_pred_match/0", "base/test/cot_accuracy", "train/loss"} <= run.logged
    assert {"study/chain_swap/split/change", "study/dose_response/scales/0.5/aoc"} <= run.logged
    assert {"val/examples._type", "test/examples._type", "base/test/examples._type", "curves/filler_table._type"} <= run.logged
    assert {"comparison/shortcut._type", "gates/shortcut._type"} <= run.logged
    assert {"adapter_config.json", "adapter_model.safetensors"} <= run.artifacts


def test_the_summary_in_wandb_has_what_changed_how_surely_and_what_gates_say(smoke: Finished) -> None:
    summary = offline(smoke.folder).summary["summary"]
    (everything, _) = RunStore(smoke.folder).comparison()["tables"]
    found = next(each["difference"] for each in everything["findings"] if each["quantity"] == "filler: aoc")
    assert [summary[f"change/filler/aoc{end}"] for end in ("", "/low", "/high")] == [found["change"], found["low"], found["high"]]
    assert (summary["gates/closed"], summary["gates/why"]) == (0, "")


def test_the_adapter_in_wandb_brings_its_card_and_says_whether_it_ended_at_its_best(smoke: Finished) -> None:
    run = offline(smoke.folder)
    assert "README.md" in run.artifacts
    (adapter,) = (record for record in run.records["artifact"] if record["type"] == "model")
    scores = [each["scores"] for each in RunStore(smoke.folder).validations() if each["arm"] == "tuned" and each["probe"] is None]
    accuracy = [each["cot_accuracy"] for each in scores if "cot_accuracy" in each]
    assert set(adapter["aliases"]) == {"latest", "step-4", *(["best"] if accuracy[-1] == max(accuracy) else [])}


def test_every_table_of_validation_examples_shows_the_same_ones(smoke: Finished) -> None:
    tables = [json.loads(path.read_text()) for path in (smoke.folder / "wandb").glob("offline-run-*/files/media/table/val/examples*.json")]
    shown = [[row[table["columns"].index("uid")] for row in table["data"]] for table in tables]
    assert len(tables) == 3  # the base, half of the epoch, its end
    assert shown[0] == shown[1] == shown[2]
    assert len(set(shown[0])) == 8


def test_the_workspace_and_the_report_show_only_what_a_run_logged(smoke: Finished, tmp_path: Path) -> None:
    pytest.importorskip("wandb_workspaces")
    main([str(smoke.folder), "--dump", str(tmp_path / "board.json")])
    dump = json.loads((tmp_path / "board.json").read_text())
    run = offline(smoke.folder)
    logged = {key.removesuffix("._type") for key in run.logged} | run.summary["summary"].keys()
    assert set(dump["metrics"]) - logged == set()
    assert all(name in json.dumps(dump[spec]) for spec in ("workspace", "report") for name in dump["metrics"])
    assert run.summary["config"]["lora"]["r"] == 16  # "config:lora.value.r", the axis


def test_wandb_knows_the_kind_of_the_run_its_axis_and_that_it_ended_well(smoke: Finished) -> None:
    run = offline(smoke.folder)
    assert run.records["run"][0]["job_type"] == "train"
    assert run.records["exit"][0].get("exit_code", 0) == 0
    axes = {metric.get("name", metric.get("glob_name")): metric.get("step_metric") for metric in run.records["metric"]}
    assert axes["val/cot_accuracy"] == axes["*"] == "trainer/global_step"


def test_a_table_of_examples_shows_perturbed_chains_and_readings(smoke: Finished) -> None:
    path = next((smoke.folder / "wandb").glob("offline-run-*/files/media/table/base/test/examples*.json"))
    table = json.loads(path.read_text())
    row = dict(zip(table["columns"], next(r for r in table["data"] if r[7] == 0), strict=True))
    assert {"question", "chain", "own answer", "probe", "alpha", "perturbed chain", "reading", "match"} <= row.keys()
    assert row["perturbed chain"] != row["chain"]


def test_a_sweep_keeps_its_jobs_apart_and_survives_one_that_fails(root: Path, tmp_path: Path) -> None:
    small = ("dataset.train_size=16", "dataset.val_size=2", "dataset.test_size=2", "dataset.max_steps=2", "engine.max_new_tokens=64")
    sweep = command(root, "train.py", tmp_path / "sweep", "-m", "data.max_length=512,5,600", "probe=[filler]", *small)
    jobs = {path.name.split("max_length-")[1].split("_")[0]: path for path in sweep.folder.glob("*max_length-*")}
    runs = {length: offline(path) for length, path in jobs.items()}
    assert sweep.code == 1
    assert "data.max_length=5 is too short: no example fits" in sweep.err
    assert {length: RunStore(path).status() for length, path in jobs.items()} == {"512": "finished", "5": "failed", "600": "finished"}
    assert {run.records["run"][0]["run_group"] for run in runs.values()} == {"sweep"}
    assert {length: run.summary["config"]["data"]["max_length"] for length, run in runs.items()} == {"512": 512, "5": 5, "600": 600}
    assert {length: run.records["exit"][0].get("exit_code", 0) for length, run in runs.items()} == {"512": 0, "5": 1, "600": 0}
    assert (sweep.folder / "summary.csv").read_text().count("finished") == 2
    assert "failed" in sweep.out


class Offline(NamedTuple):
    """What an offline W&B run wrote."""

    records: dict[str, list[dict[str, Any]]]  # by type
    summary: dict[str, Any]

    @property
    def logged(self) -> set[str]:
        return {key for record in self.records["history"] for key in record["item"]}

    @property
    def artifacts(self) -> set[str]:
        return {entry["path"] for record in self.records["artifact"] for entry in record["manifest"]["contents"]}


def offline(folder: Path) -> Offline:
    """Read the one offline run in a folder back by W&B's own tool."""
    run = str(next((folder / "wandb").glob("offline-run-*")))
    tool = [str(Path(sys.executable).parent / "wandb"), "leet", "inspect", "--json"]
    lines = subprocess.run([*tool, run], capture_output=True, text=True, check=True).stdout.splitlines()
    records: dict[str, list[dict[str, Any]]] = {}
    for record in map(json.loads, lines):
        records.setdefault(record["type"], []).append(record[record["type"]])
    summary = subprocess.run([*tool, "--summary", run], capture_output=True, text=True, check=True).stdout
    return Offline(records, json.loads(summary))


def test_two_processes_measure_every_example_once_and_get_the_numbers_of_one(root: Path, tmp_path: Path) -> None:
    small = ("dataset=arithmetic", "dataset.test_size=5", "dataset.max_steps=3", "probe=[early_termination]", "logger=none", "data.eval_batch_size=2")
    one = command(root, "evaluate.py", tmp_path / "one", *small)
    two = command(root, "evaluate.py", tmp_path / "two", *small, "trainer.devices=2", "+trainer.strategy=ddp")
    assert (one.code, two.code) == (0, 0), two.err
    found, expected = (dict(flattened(measured(each.folder))) for each in (two, one))
    assert found == pytest.approx(expected, abs=1e-4, nan_ok=True)  # log-probabilities are rounded as their rows are laid out
    rows = pq.read_table(two.folder / "records" / "base" / "arithmetic" / "rollouts.parquet").to_pylist()
    assert len(rows) == len({row["uid"] for row in rows}) == 5
