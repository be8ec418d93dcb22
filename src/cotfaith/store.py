"""What a run leaves on disk: scores, records of every example, the manifest, the adapter's place.

    RUN/config.yaml            the resolved configuration
    RUN/manifest.json          versions and hashes of all that determines the numbers
    RUN/metrics.json           final scores: arm -> dataset -> metric, or probe -> metric
    RUN/comparison.json        paired differences with intervals and tests
    RUN/status.json            running, finished, failed or preempted
    RUN/cell.json              what its numbers depend on: a run that is resumed must agree
    RUN/validation.jsonl       the scores of every validation, one line per dataset and probe
    RUN/records/ARM/DATASET/   rollouts.parquet and readings.parquet, one row per record; commitments.parquet, gains.parquet
    RUN/studies.json           what was asked of both arms at once: study -> dataset -> scores
    RUN/records/studies/       STUDY/DATASET.parquet, one row per record of a study
    RUN/adapter/               the adapter in PEFT format
    RUN/checkpoints/           last and best, trainable weights only

Knows no live objects: the report is made from these files alone.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from cotfaith.tables import write_table
from cotfaith.types import Arm, Reading, Rollout, Split

# Stated, so that a column of nothing but None has its type all the same and files of several runs can be put together.
_ROLLOUT = pa.schema(
    [(name, pa.string()) for name in ("uid", "question", "gold_answer", "answer", "parse", "finish", "text", "prompt", "prompt_hash")]
    + [(name, pa.list_(pa.string())) for name in ("choices", "gold_chain", "chain")]
    + [("tokens", pa.int64()), ("correct", pa.bool_())]
)

Scores = dict[str, Any]
"""Names to numbers, to a mapping from alpha to number, to a word (``faithful``) or to a list of reasons (``gates``)."""


@dataclass(frozen=True)
class RunStore:
    """The folder of one run. Writing is done by one process; numbers that are NaN become null."""

    folder: Path

    @property
    def adapter(self) -> Path:
        return self.folder / "adapter"

    def begin(self) -> None:
        """Start a run in this folder.

        Raises:
            FileExistsError: it holds the scores of another run; two runs must not mix.
        """
        if (self.folder / "metrics.json").exists():
            raise FileExistsError(
                f"{self.folder} holds a run with scores (metrics.json), {self.status()}; expected an empty folder: choose another hydra.run.dir, "
                "or resume=true to go on"
            )
        self.rewind(0)

    def rewind(self, step: int) -> None:
        """Go back to an optimizer step of a run that did not finish: what it scored behind it is forgotten, and the base's validation too."""
        (self.folder / "metrics.json").unlink(missing_ok=True)
        kept = [line for line in self.validations() if 0 < line["step"] <= step]
        (self.folder / "validation.jsonl").unlink(missing_ok=True)
        for line in kept:
            self._put_validation(line)
        self.put_status("running")

    def put_scores(self, split: Split, arm: Arm, dataset: str, step: int, scores: Scores, probe: str | None = None) -> None:
        """Add the scores of a dataset, or of one probe on it: test scores to metrics.json, others to validation.jsonl."""
        if split != "test":
            self._put_validation({"step": step, "arm": arm, "dataset": dataset, "probe": probe, "scores": scores})
            return
        everything = self.metrics() if (self.folder / "metrics.json").exists() else {}
        of_dataset = everything.setdefault(arm, {}).setdefault(dataset, {})
        of_dataset.update({probe: scores} if probe else scores)
        self._write_json("metrics.json", everything)

    def metrics(self) -> dict[str, dict[str, Scores]]:
        """The final scores: arm -> dataset -> metric or probe."""
        return self._read_json("metrics.json")

    def validations(self) -> list[dict[str, Any]]:
        """The lines of validation.jsonl, in the order they were written."""
        path = self.folder / "validation.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def validated(self, dataset: str) -> dict[str, Scores]:
        """The last validation of a dataset by arm: metric or probe, as in `metrics`; {} where there was none."""
        found: dict[str, Scores] = {}
        for line in self.validations():
            if line["dataset"] == dataset:
                found.setdefault(line["arm"], {}).update({line["probe"]: line["scores"]} if line["probe"] else line["scores"])
        return found

    def put_manifest(self, manifest: Mapping[str, Any]) -> None:
        self._write_json("manifest.json", dict(manifest))

    def manifest(self) -> dict[str, Any]:
        return self._read_json("manifest.json")

    def put_cell(self, facts: Mapping[str, Any]) -> None:
        self._write_json("cell.json", dict(facts))

    def cell(self) -> dict[str, Any] | None:
        """What the numbers in this folder depend on; None where no run has begun."""
        return self._read_json("cell.json") if (self.folder / "cell.json").exists() else None

    def put_comparison(self, comparison: Mapping[str, Any]) -> None:
        """Paired differences of two arms, or of two runs."""
        self._write_json("comparison.json", dict(comparison))

    def comparison(self) -> dict[str, Any]:
        """The paired differences; no tables where only one arm was measured."""
        return self._read_json("comparison.json") if (self.folder / "comparison.json").exists() else {"tables": []}

    def put_status(self, status: str, why: str | None = None) -> None:
        """How the run stands: "running", "finished", "failed" or "preempted"; why it failed."""
        self._write_json("status.json", {"status": status} | ({"why": why} if why else {}))

    def status(self) -> str:
        """The last status put; "failed" where the run ended before it could say anything."""
        return str(self._read_json("status.json")["status"]) if (self.folder / "status.json").exists() else "failed"

    @property
    def began(self) -> bool:
        """Whether some run has said in this folder how it stands."""
        return (self.folder / "status.json").exists()

    def why(self) -> str | None:
        """Why the run failed, where it could say."""
        return self._read_json("status.json").get("why") if (self.folder / "status.json").exists() else None

    def put_records(self, arm: Arm, dataset: str, rollouts: Sequence[Rollout], readings: Sequence[Reading]) -> None:
        """Write the records of one arm on one dataset."""
        folder = self.folder / "records" / arm / dataset
        folder.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.Table.from_pylist([_flat(rollout) for rollout in rollouts], _ROLLOUT), folder / "rollouts.parquet")
        write_table(folder / "readings.parquet", Reading, readings)

    def put_measure(self, arm: Arm, dataset: str, name: str, kind: type, records: Sequence[Any]) -> None:
        """Write the records of a further measure of one arm. kind: their dataclass."""
        write_table(self.folder / "records" / arm / dataset / f"{name}.parquet", kind, records)

    def put_study(self, study: str, dataset: str, scores: Scores, kind: type, records: Sequence[Any]) -> None:
        """Add the scores and the records of a study on one dataset. kind: the dataclass of its records."""
        everything = self.studies()
        everything.setdefault(study, {})[dataset] = scores
        self._write_json("studies.json", everything)
        write_table(self.folder / "records" / "studies" / study / f"{dataset}.parquet", kind, records)

    def studies(self) -> dict[str, dict[str, Scores]]:
        """study -> dataset -> scores; empty where there were none."""
        return dict(self._read_json("studies.json")) if (self.folder / "studies.json").exists() else {}

    def _put_validation(self, line: Mapping[str, Any]) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "validation.jsonl").open("a") as file:
            file.write(json.dumps(_without_nan(line)) + "\n")

    def _write_json(self, name: str, content: Any) -> None:
        """Whole or not at all: a killed process leaves the old file."""
        self.folder.mkdir(parents=True, exist_ok=True)
        draft = self.folder / f".{name}.draft"
        draft.write_text(json.dumps(_without_nan(content), indent=2) + "\n")
        draft.replace(self.folder / name)

    def _read_json(self, name: str) -> dict[str, Any]:
        path = self.folder / name
        if not path.is_file():
            raise FileNotFoundError(f"{path}: expected the {name} of a finished run, found none")
        loaded: dict[str, Any] = json.loads(path.read_text())
        return loaded


def _flat(rollout: Rollout) -> dict[str, Any]:
    """A rollout as one row: the fields of its example beside its own."""
    row = asdict(rollout)
    example = row.pop("example")
    gold = {"gold_answer": example.pop("answer"), "gold_chain": example.pop("chain")}
    return {**example, **gold, **row, "correct": rollout.correct}


def _without_nan(value: Any) -> Any:
    """JSON has no NaN: "no data" is null."""
    if isinstance(value, float):
        return None if math.isnan(value) else value
    if isinstance(value, Mapping):
        return {key: _without_nan(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(entry) for entry in value]
    return value
