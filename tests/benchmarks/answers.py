"""How answers and steps are read from what real models wrote, against the upstream's own verdicts.

    python tests/benchmarks/answers.py DATA [--list] [--cuts N]

DATA is a folder with `gsm8k/example_model_solutions.jsonl` (github openai/grade-school-math) and `cot_outputs/` (github
veronica320/Faithful-COT). --list prints each disagreement, --cuts N prints N random places where a chain was cut.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

from cotfaith.text.answers import canonical_answer
from cotfaith.text.generations import read_answer
from cotfaith.text.steps import split_steps

CUE = "The answer is"


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines() if line.strip()]


def openai(data: Path, listed: bool) -> None:
    """Four models on GSM8K: our verdict against the gold, and that against `is_correct`."""
    agree, statuses, total = 0, Counter[str](), 0
    for row in rows(data / "gsm8k" / "example_model_solutions.jsonl"):
        gold = canonical_answer(row["ground_truth"].rsplit("A:", 1)[-1].strip())
        assert gold is not None
        for model in ("6b_finetuning", "6b_verification", "175b_finetuning", "175b_verification"):
            # Where the reply does not end in "A: N" it was cut off; the upstream reads nothing from it.
            finished = row[model]["solution"].rsplit("\n", 1)[-1].startswith("A: ")
            verdict = read_answer(row[model]["solution"], CUE, finished=finished).verdict
            same = (verdict.answer == gold) == row[model]["is_correct"]
            agree, total = agree + same, total + 1
            statuses[verdict.status] += 1
            if listed and not same:
                print("   is_correct", row[model]["is_correct"], "gold", gold, "ours", verdict, repr(row[model]["solution"][-120:]))
    print(f"openai is_correct: {agree}/{total} agree, {dict(statuses)}")


def faithful_cot(data: Path, name: str, gold_name: str, listed: bool) -> None:
    """One file of chains: agreement with the upstream's extraction, and accuracy."""
    golds = {row["id"]: row for row in rows(data / "cot_outputs" / gold_name)}
    counts, statuses = Counter[str](), Counter[str]()
    for row in rows(data / "cot_outputs" / name):
        choices = tuple(option.split(")", 1)[1] for option in golds[row["id"]].get("options", ()))
        read = read_answer(row["completion"], CUE, choices)
        assert read.opening + read.chain + read.ending == row["completion"]
        answer = golds[row["id"]]["answer"]
        gold = answer if choices else canonical_answer(answer.rsplit("####", 1)[-1].strip())
        upstream = row["answer"] if choices else canonical_answer((row["answer"].rsplit("=", 1)[-1].split() or ["-"])[0].strip(".$"))
        marked = "answer is" in row["completion"].lower()
        kind = "marked" if marked else "unmarked"
        statuses[f"{kind} {read.verdict.status}"] += 1
        counts[f"{kind} total"] += 1
        counts[f"{kind} correct"] += read.verdict.answer == gold
        counts["upstream right"] += upstream == gold
        counts["agree where upstream is right"] += upstream == gold == read.verdict.answer
        counts["agree"] += upstream == read.verdict.answer
        if listed and (read.verdict.answer != upstream if marked else read.verdict.answer != gold):
            said = (read.statement or row["completion"])[-150:]
            print(f"   {kind} {row['id']} gold {gold} upstream {row['answer'][-40:]!r} ours {tuple(read.verdict)} {said!r}")
    total = counts["marked total"] + counts["unmarked total"]
    correct = counts["marked correct"] + counts["unmarked correct"]
    print(f"{name}: accuracy {correct}/{total} = {correct / total:.4f}", dict(sorted(counts.items())), dict(sorted(statuses.items())))


def chains(data: Path) -> Iterator[tuple[str, str]]:
    for name in ("gsm8k_gpt4_COT", "gsm8k_text002_COT", "aqua_gpt-3.5-turbo_COT"):
        for row in rows(data / "cot_outputs" / f"{name}.jsonl"):
            yield name, read_answer(row["completion"], CUE).chain
    for row in rows(data / "gsm8k" / "example_model_solutions.jsonl"):
        yield "openai", read_answer(row["175b_verification"]["solution"], CUE).chain


def steps(data: Path, cuts: int) -> None:
    """Steps per chain, and random cuts to be read."""
    lengths: dict[str, Counter[int]] = {}
    places = []
    for name, chain in chains(data):
        split = split_steps(chain)
        assert "".join(split) == chain or not chain.strip()
        lengths.setdefault(name, Counter())[len(split)] += 1
        places += [(before, after) for before, after in pairwise(split)]
    for name, counter in lengths.items():
        print(f"{name}: steps per chain {dict(sorted(counter.items()))}")
    for before, after in Random(0).sample(places, min(cuts, len(places))):
        print(repr(before[-60:]), "^", repr(after[:40]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--cuts", type=int, default=0)
    args = parser.parse_args()
    openai(args.data, args.list)
    faithful_cot(args.data, "gsm8k_gpt4_COT.jsonl", "gsm8k_gold.jsonl", args.list)
    faithful_cot(args.data, "gsm8k_text002_COT.jsonl", "gsm8k_gold.jsonl", args.list)
    faithful_cot(args.data, "aqua_gpt-3.5-turbo_COT.jsonl", "aqua_gold.jsonl", args.list)
    texts = [row["completion"] for row in rows(args.data / "cot_outputs" / "gsm8k_gpt4_COT.jsonl")]
    begun = time.perf_counter()
    for text in texts:
        split_steps(read_answer(text, CUE).chain)
    print(f"milliseconds per generation, answer and steps: {1000 * (time.perf_counter() - begun) / len(texts):.3f}")
    steps(args.data, args.cuts)


if __name__ == "__main__":
    main()
