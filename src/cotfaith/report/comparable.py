"""May two runs be compared? Only on the same examples, put the same way and decoded the same way. From manifests and records."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow.parquet as pq

from cotfaith.report.sides import has_records
from cotfaith.store import RunStore
from cotfaith.types import Arm

# What decides over an answer besides the model: must be equal.
_QUESTION = ("template_hash", "prompt", "elicitation", "alphas", "probe")
_DECODING = ("max_new_tokens", "answer_tokens", "temperature", "top_p", "stop_strings")
# What may be what is compared: named where it differs.
_MODEL = (
    *("model", "base_hash", "quantization", "double_quantization", "arithmetic", "trained_on", "trained_dataset", "method", "target", "lora"),
    *("scaling", "training", "seed", "gates"),
)
_ROUNDING = ("threads", "gradient_checkpointing")  # of arithmetic: how the same was computed
_PLACE = (*_ROUNDING, "device", "versions", "git_commit")
# What decides over a probe besides its own options, by the end of its _target_.
_OF_PROBE = {"Paraphrase": "paraphraser", "Mistakes": "paraphraser", "AnotherChain": "donors"}
_ARMS: tuple[Arm, ...] = ("tuned", "base")


def shared_datasets(runs: Sequence[RunStore]) -> list[str]:
    """The datasets that every run has records of, in the order of the first."""
    return [dataset for dataset in _datasets(runs[0]) if all(dataset in _datasets(run) for run in runs)]


def check_comparable(runs: Sequence[RunStore]) -> None:
    """Hold every run against the first.

    Raises:
        ValueError: they do not share examples, prompts or decoding; all that differs is named.
    """
    first, *others = runs
    for other in others:
        found = [*_settings_apart(first, other), *_examples_apart(first, other)]
        if found:
            raise ValueError(f"compare: {first.folder} and {other.folder} cannot be compared: {'; '.join(found)}")
    if not shared_datasets(runs):
        raise ValueError(f"compare: expected a dataset that all of them measured, got {[_datasets(run) for run in runs]}")


def check_seeds(name: str, runs: Sequence[RunStore]) -> None:
    """Runs of one side must be the same but for the seed.

    Raises:
        ValueError: something else differs.
    """
    for other in runs[1:]:
        found = list(_manifests_apart(runs[0], other, [each for each in _MODEL if each != "seed"]))
        if found:
            raise ValueError(
                f"compare.{name}: expected runs that differ in their seed alone, got {runs[0].folder} and {other.folder}: {'; '.join(found)}"
            )


def named_differences(first: RunStore, second: RunStore) -> list[str]:
    """What two runs differ in, apart from what must be equal: "quantization: nf4 and none"."""
    return list(_manifests_apart(first, second, [*_MODEL, *_PLACE]))


def _manifests_apart(first: RunStore, second: RunStore, names: Sequence[str]) -> Iterator[str]:
    of_first, of_second = (_facts(run.manifest()) for run in (first, second))
    either = ("training", "trained_dataset")  # an evaluation trains nothing, and may not name what was trained on
    told = [name for name in names if name not in either or (of_first.get(name) and of_second.get(name))]
    return _apart({name: of_first.get(name) for name in told}, {name: of_second.get(name) for name in told})


def _facts(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """A manifest with the options of the trained dataset, and with what is mere rounding taken out of the arithmetic."""
    arithmetic = dict(manifest.get("arithmetic") or {})
    rounding = {name: arithmetic.pop(name, None) for name in _ROUNDING}
    trained = manifest.get("datasets", {}).get(manifest.get("trained_on"))
    return {**manifest, **rounding, "arithmetic": arithmetic, "trained_dataset": trained}


def _settings_apart(first: RunStore, second: RunStore) -> Iterator[str]:
    settings = []
    for run in (first, second):
        manifest = run.manifest()
        old = [name for name in (*_QUESTION, "engine", "gates") if name not in manifest]
        if old:
            raise ValueError(f"{run.folder / 'manifest.json'}: expected {', '.join(old)}, found none; measure it again with run={run.folder}")
        settings.append({name: manifest[name] for name in _QUESTION} | {"engine": {name: manifest["engine"].get(name) for name in _DECODING}})
    probes = settings[0]["probe"].keys() & settings[1]["probe"].keys()  # one that only one of them asked is not compared
    targets = [str(settings[0]["probe"][name].get("_target_", "")).rpartition(".")[2] for name in sorted(probes)]
    needed = dict.fromkeys(_OF_PROBE[target] for target in targets if target in _OF_PROBE)
    given = [{name: run.manifest().get(name) for name in needed} for run in (first, second)]
    first_settings, second_settings = (
        each | of_run | {"probe": {name: each["probe"][name] for name in sorted(probes)}} for each, of_run in zip(settings, given, strict=True)
    )
    yield from _apart(first_settings, second_settings)


def _apart(first: Any, second: Any, name: str = "") -> Iterator[str]:
    """The places at which two trees of plain values differ."""
    if isinstance(first, Mapping) and isinstance(second, Mapping):
        for key in dict.fromkeys([*first, *second]):
            yield from _apart(first.get(key), second.get(key), f"{name}.{key}".lstrip("."))
    elif first != second:
        yield f"{name}: {first} and {second}"


def _examples_apart(first: RunStore, second: RunStore) -> Iterator[str]:
    datasets = shared_datasets([first, second])
    if not datasets:
        yield f"no dataset was measured in both ({', '.join(_datasets(first)) or 'none'} and {', '.join(_datasets(second)) or 'none'})"
    for dataset in datasets:
        of_first, of_second = _asked(first, dataset), _asked(second, dataset)
        alone = len(of_first.keys() - of_second.keys()), len(of_second.keys() - of_first.keys())
        if any(alone):
            yield f"dataset {dataset}: {alone[0]} of {len(of_first)} and {alone[1]} of {len(of_second)} examples are only in one of them"
        for what in ("question", "gold answer", "choices", "prompt"):
            other = [uid for uid in of_first if uid in of_second and of_first[uid][what] != of_second[uid][what]]
            if other:
                yield f"dataset {dataset}: {len(other)} examples have another {what}, the first is {other[0]}"


def _datasets(run: RunStore) -> list[str]:
    named = dict.fromkeys(dataset for scores in run.metrics().values() for dataset in scores)
    return [dataset for dataset in named if any(has_records(run, arm, dataset) for arm in _ARMS)]


def _asked(run: RunStore, dataset: str) -> dict[str, dict[str, Any]]:
    """What every example of a dataset was, and its prompt, by uid. Both arms are asked the same."""
    arm = next(arm for arm in _ARMS if has_records(run, arm, dataset))
    path = run.folder / "records" / arm / dataset / "rollouts.parquet"
    rows = pq.read_table(path, columns=["uid", "question", "gold_answer", "choices", "prompt_hash"]).to_pylist()
    return {
        row["uid"]: {"question": row["question"], "gold answer": row["gold_answer"], "choices": row["choices"], "prompt": row["prompt_hash"]}
        for row in rows
    }
