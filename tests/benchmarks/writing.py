"""Writing chains: slots that are refilled, against `generate` on static batches of 16.

    python tests/benchmarks/writing.py [--millions 5|110] [--chains N] [--repeats N]

The model is a Llama of random weights that counts down: behind token t it writes t - 1, and 0 ends. So the last token of a prompt is the
length of its chain, the same for both ways, and every token is known. Lengths are those of GSM8K: questions and model-written solutions of
`openai/grade-school-math` (example_model_solutions.jsonl) are about log-normal, medians 53 and 111 tokens, sigma 0.36 and 0.44; a chat frame
adds 40 tokens to a prompt. One chain in `--run_on` runs on to the limit of 512. CPU seconds, in one process, in turns. Ours is raced twice: with
as many slots as `generate` has rows, and with the 64 of conf/engine/default.yaml. Last line: the two ratios, gsm8k and gsm8k_64.
"""

from __future__ import annotations

import argparse
import time
from random import Random

import torch
from plain import Row, batches, llama, race
from transformers import LlamaForCausalLM

from cotfaith.engine.decoding import Decoding
from cotfaith.engine.tokens import TokenEngine

LIMIT, BATCH, SLOTS, END = 512, 16, 64, 0


def counting(millions: int) -> LlamaForCausalLM:
    """Random layers that add little to the stream, under a head that names the token before."""
    model = llama(millions)
    with torch.no_grad():
        for layer in model.model.layers:
            layer.self_attn.o_proj.weight.mul_(0.02)
            layer.mlp.down_proj.weight.mul_(0.02)
        model.lm_head.weight.copy_(model.model.embed_tokens.weight.roll(-1, 0))
    return model


def workload(count: int, run_on: int, vocabulary: int) -> list[Row]:
    """Prompts, each ending in the length of its chain."""
    random = Random(0)
    prompts = []
    for place in range(count):
        length = 40 + int(random.lognormvariate(3.97, 0.36))
        chain = LIMIT + 1 if run_on and place % run_on == run_on // 2 else min(LIMIT, max(10, int(random.lognormvariate(4.71, 0.44))))
        prompts.append((*(random.randrange(1, vocabulary) for _ in range(length - 1)), chain - 1))
    return prompts


def measure(model: LlamaForCausalLM, prompts: list[Row], repeats: int) -> list[float]:
    """Ratios of CPU seconds, `generate` over ours, with `BATCH` and with `SLOTS` slots."""
    uids = list(map(str, range(len(prompts))))
    engines = {
        slots: TokenEngine(model, Decoding(batch_size=slots, max_new_tokens=LIMIT, answer_tokens=1), stops=[END], decode=str)
        for slots in (BATCH, SLOTS)
    }
    for engine in engines.values():
        engine.write([(9, 8, 7)], ["first"])  # the self-check happens once in a run, and is not part of the rate

    def ours(slots: int) -> list[list[int]]:
        engines[slots].meter.costs.clear()
        return engines[slots].write(prompts, uids)

    runners = {"few": lambda: ours(BATCH), "many": lambda: ours(SLOTS), "generate": lambda: batches(model, prompts, LIMIT, [END], size=BATCH)}
    seconds, results = race(runners, time.process_time, repeats)
    written = results["generate"]
    expected = [list(range(prompt[-1] - 1, -1, -1))[:LIMIT] for prompt in prompts]
    assert results["few"] == results["many"] == written == expected, "all write the countdown"
    useful, longest = sum(map(len, written)), [max(map(len, written[start : start + BATCH])) for start in range(0, len(written), BATCH)]
    least = useful - len(prompts) + sum(map(len, prompts))
    print(
        f"{useful} tokens in {len(prompts)} chains; generate, {BATCH} rows: {seconds['generate']:.2f} s, {BATCH * sum(longest) / useful:.2f} slots "
        f"per token, {sum(longest)} forwards"
    )
    ratios = []
    for name, slots in (("few", BATCH), ("many", SLOTS)):
        cost = engines[slots].meter.costs["write"]
        ratios.append(seconds["generate"] / seconds[name])
        print(f"ours, {slots} slots: {ratios[-1]:.2f}x, {seconds[name]:.2f} s, tokens over least {cost.tokens / least:.3f}, {cost.forwards} forwards")
    return ratios


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--millions", type=int, default=5)
    parser.add_argument("--chains", type=int, default=96)
    parser.add_argument("--run_on", type=int, default=48, help="one chain in so many runs on to the limit; 0: none")
    parser.add_argument("--repeats", type=int, default=2)
    args = parser.parse_args()
    torch.set_num_threads(1)
    model = counting(args.millions)
    print(f"{model.num_parameters() / 1e6:.1f} M parameters, float32, one thread, batch {BATCH}, medians of {args.repeats}")
    few, many = measure(model, workload(args.chains, args.run_on, model.config.vocab_size), args.repeats)
    print(f"gsm8k={few:.2f} gsm8k_64={many:.2f}")


if __name__ == "__main__":
    main()
