"""Writing chains: slots that are refilled, against `generate` on static batches of 16.

    python tests/benchmarks/writing.py [--millions 5|110] [--chains N] [--repeats N]

The model is a Llama of random weights that counts down: behind token t it writes t - 1, and 0 ends. So the last token of a prompt is the
length of its chain, the same for both ways, and every token is known. Lengths are those of GSM8K: questions and model-written solutions of
`openai/grade-school-math` (example_model_solutions.jsonl) are about log-normal, medians 53 and 111 tokens, sigma 0.36 and 0.44; a chat frame
adds 40 tokens to a prompt. One chain in `--run_on` runs on to the limit of 512. CPU seconds, in one process, in turns.
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

LIMIT, BATCH, END = 512, 16, 0


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


def measure(model: LlamaForCausalLM, prompts: list[Row], repeats: int) -> float:
    engine = TokenEngine(model, Decoding(batch_size=BATCH, max_new_tokens=LIMIT, answer_tokens=1), stops=[END], decode=str)
    uids = list(map(str, range(len(prompts))))

    def ours() -> list[list[int]]:
        engine.meter.costs.clear()
        return engine.write(prompts, uids)

    def generate() -> list[list[int]]:
        return batches(model, prompts, LIMIT, [END], size=BATCH)

    seconds, results = race({"ours": ours, "generate": generate}, time.process_time, repeats)
    written = results["ours"]
    expected = [list(range(prompt[-1] - 1, -1, -1))[:LIMIT] for prompt in prompts]
    assert written == results["generate"] == expected, "both write the countdown"
    useful, longest = sum(map(len, written)), [max(map(len, written[start : start + BATCH])) for start in range(0, len(written), BATCH)]
    cost = engine.meter.costs["write"]
    least = useful - len(prompts) + sum(map(len, prompts))
    ratio = seconds["generate"] / seconds["ours"]
    print(
        f"{ratio:.2f}x ({seconds['generate']:.2f} s generate, {seconds['ours']:.2f} s ours), {useful} tokens in {len(prompts)} chains; "
        f"slots per token {BATCH * sum(longest) / useful:.2f} in generate; positions {cost.tokens / least:.3f} of the least ours; "
        f"forwards {sum(longest)} in generate, {cost.forwards} ours",
        flush=True,
    )
    return ratio


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
    ratio = measure(model, workload(args.chains, args.run_on, model.config.vocab_size), args.repeats)
    print(f"gsm8k={ratio:.2f}")


if __name__ == "__main__":
    main()
