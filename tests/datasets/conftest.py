"""Tiny files in the formats of upstream, with questions of our own."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

Record = dict[str, Any]


def gsm8k(n: int) -> Record:
    total = 1000 + n
    return {
        "question": f"Ann has 1,000 pens and buys {n} more. How many pens has she?",
        "answer": f"She had 1000 pens.\nNow she has 1000 + {n} = <<1000+{n}={total}>>{total} pens.\n#### {total:,}",
    }


def medqa(n: int) -> Record:
    options = {"A": f"drug {n}a", "B": f"drug {n}b", "C": f"drug {n}c", "D": f"drug {n}d"}
    right = "ABCD"[n % 4]
    return {
        "question": f"Patient {n} coughs. Which drug helps?",
        "answer": options[right],
        "options": options,
        "meta_info": "step1",
        "answer_idx": right,
    }


def medmcqa(n: int) -> Record:
    options = {f"op{letter}": f"bone {n}{letter}" for letter in "abcd"}
    return {"question": f"Bone number {n} is:", "exp": None, "cop": n % 4 + 1, **options, "id": str(n), "choice_type": "single"}


def cosmosqa(n: int) -> Record:
    options = {f"answer{place}": f"reason {n}-{place} ." for place in range(3)} | {"answer3": "None of the above choices ."}
    return {"id": str(n), "context": f"On day {n} I stayed at home .", "question": "Why did he stay at home ?", **options, "label": str(n % 4)}


def jsonl(n: int) -> Record:
    return {"question": f"What is {n} + 1?", "answer": n + 1, "chain": [f"One more than {n} is {n + 1}."]}


# The files of an upstream folder: name -> the record of a number, and how many.
FOLDERS: Mapping[str, Mapping[str, tuple[Callable[[int], Record], range]]] = {
    "gsm8k": {"train.jsonl": (gsm8k, range(40)), "test.jsonl": (gsm8k, range(40, 60))},
    "medqa": {"train.jsonl": (medqa, range(40)), "dev.jsonl": (medqa, range(40, 50)), "test.jsonl": (medqa, range(50, 60))},
    "medmcqa": {"train.json": (medmcqa, range(40)), "dev.json": (medmcqa, range(40, 60))},
    "cosmosqa": {"train.csv": (cosmosqa, range(40)), "valid.csv": (cosmosqa, range(40, 60))},
    "jsonl": {"train.jsonl": (jsonl, range(60))},
}


def write(path: Path, records: Sequence[Record]) -> Path:
    """The records as csv or as JSON lines, by the ending of the name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".csv":
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(records[0]))
            writer.writeheader()
            writer.writerows(records)
    else:
        path.write_text("".join(f"{json.dumps(record)}\n" for record in records), encoding="utf-8")
    return path


@pytest.fixture
def record() -> Mapping[str, Callable[[int], Record]]:
    """By dataset, the upstream record of a number."""
    return {"gsm8k": gsm8k, "medqa": medqa, "medmcqa": medmcqa, "cosmosqa": cosmosqa, "jsonl": jsonl}


@pytest.fixture
def put(tmp_path: Path) -> Callable[..., Path]:
    """Write records to a file in a fresh folder: put("train.jsonl", records)."""
    return lambda name, records: write(tmp_path / name, records)


@pytest.fixture
def upstream(tmp_path: Path) -> Callable[..., Path]:
    """Write the tiny upstream folder of a dataset; `backwards` turns the order of its rows."""

    def make(name: str, *, backwards: bool = False) -> Path:
        folder = tmp_path / f"{name}{'_backwards' if backwards else ''}"
        for file, (make_record, numbers) in FOLDERS[name].items():
            write(folder / file, [make_record(n) for n in (reversed(numbers) if backwards else numbers)])
        return folder

    return make
