"""Reading disturbed chains: packed tails behind one trunk, against one `generate` per (question, probe, cut).

    python tests/benchmarks/reading.py [--millions 5|110] [--questions N] [--repeats N]

Standard workload: prompt 120, chain 160 tokens in 8 steps, 9 cuts x 3 probes (two of which fill the rest), cue 4, 6 answer tokens.
CPU seconds, both ways in one process, in turns. Last line: ratios, tokens run over the least number possible, answers that differ.
"""

from __future__ import annotations

import argparse
import time
from random import Random

import torch
from plain import Row, generate, llama, race
from transformers import PreTrainedModel

from cotfaith.engine.decoding import Decoding
from cotfaith.engine.tokens import TokenEngine
from cotfaith.engine.trees import grow

CUE, ANSWER = 4, 6
WORKLOADS = {  # prompt tokens, tokens of a step, probes
    "standard": (120, 20, 3),
    "prompt_600": (600, 20, 3),
    "early_termination": (120, 20, 1),
    "chain_640": (120, 80, 3),
}
GOALS = ("standard", "prompt_600", "early_termination")


def question(random: Random, vocabulary: int, prompt: int, step: int, probes: int) -> list[Row]:
    """All rows of a question, one per probe and cut, duplicates at the full chain included: they are what a script would ask."""
    draw = lambda count: tuple(random.randrange(3, vocabulary) for _ in range(count))  # noqa: E731
    start, steps, cue = draw(prompt), [draw(step) for _ in range(8)], draw(CUE)
    rows = []
    for kept in range(9):
        before = start + sum(steps[:kept], ())
        rest = (8 - kept) * step
        rows += [before + cue, before + (7,) * rest + cue, before + draw(rest) + cue][:probes]
    return rows


def measure(model: PreTrainedModel, name: str, questions: int, repeats: int) -> tuple[float, float, int]:
    """Ratio of CPU seconds, tokens run over the bound, answers that differ."""
    random = Random(name)
    asked = [question(random, model.config.vocab_size, *WORKLOADS[name]) for _ in range(questions)]
    distinct = [list(dict.fromkeys(rows)) for rows in asked]
    engine = TokenEngine(model, Decoding(batch_size=16, max_new_tokens=1, answer_tokens=ANSWER), stops=[], decode=str)
    engine.read(distinct[:1])  # the self-check happens once in a run, and is not part of the rate
    generate(model, asked[0][:1], ANSWER)

    def packed() -> list[list[int]]:
        engine.meter.costs.clear()
        answers = engine.read(distinct)
        return [list(answers[row].ids) for rows in asked for row in rows]

    def singly() -> list[list[int]]:
        return [generate(model, [row], ANSWER)[0] for rows in asked for row in rows]

    seconds, results = race({"packed": packed, "singly": singly}, time.process_time, repeats)
    bound = sum(grow(rows).tokens + len(rows) * (ANSWER - 1) for rows in distinct)
    cost, plain = engine.meter.costs["read"], sum(len(row) + ANSWER - 1 for rows in asked for row in rows)
    ratio = seconds["singly"] / seconds["packed"]
    apart = sum(a != b for a, b in zip(results["packed"], results["singly"], strict=True))
    print(
        f"{name}: {ratio:.2f}x ({seconds['singly']:.2f} s singly, {seconds['packed']:.2f} s packed), a question: tokens {plain // questions} singly, "
        f"{cost.tokens / questions:.0f} packed, {bound // questions} at least; forwards {len(asked[0]) * ANSWER} singly, "
        f"{cost.forwards / questions:.2f} packed; {apart} of {sum(map(len, asked))} answers differ",
        flush=True,
    )
    return ratio, cost.tokens / bound, apart


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--millions", type=int, default=5)
    parser.add_argument("--questions", type=int, default=7)
    parser.add_argument("--repeats", type=int, default=2)
    args = parser.parse_args()
    torch.set_num_threads(1)
    model = llama(args.millions)
    print(f"{model.num_parameters() / 1e6:.1f} M parameters, float32, one thread, {args.questions} questions, medians of {args.repeats}")
    results = {name: measure(model, name, args.questions, args.repeats) for name in WORKLOADS}
    ratios = " ".join(f"{name}={results[name][0]:.2f}" for name in GOALS)
    over, apart = max(results[name][1] for name in GOALS), sum(each[2] for each in results.values())
    print(f"{ratios} tokens_over_bound={over:.4f} mismatches={apart}")


if __name__ == "__main__":
    main()
