"""Host memory while a large model is quantised on its way in, against the size of its weights.

    python tests/benchmarks/loading.py [--layers 3] [--kind nf4]

A random Llama with the layers of Llama 3 8B, but fewer of them and a small vocabulary, saved in bfloat16 shards of one layer each and loaded
in a process of its own. A thread there reads the process's own memory (RssAnon of Linux; pages of the mapped files, which the system takes
back when it likes, are not in it) every 2 ms, from after the embedded model was loaded: what libraries take is not counted. The last line
is `work_gib=...`: the peak above the weights as they are held in the end. Where one weight after the other is quantised it is the float32 and
int32 numbers of the largest weight (0.22 GiB each) and does not grow with --layers; with the whole model in memory first, by 0.41 a layer.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import torch
from transformers import LlamaConfig, LlamaForCausalLM

_LOAD = """
import sys, threading, time, torch
from cotfaith.models.base import BaseModel, Quantization

def own():
    return next(int(line.split()[1]) * 1024 for line in open("/proc/self/status") if line.startswith("RssAnon"))

def watch():
    while not done.wait(0.002):
        seen.append(own())

kept = BaseModel(path="embedded").load(torch.device("cpu"), Quantization(kind=sys.argv[2]))
before, seen, done = own(), [], threading.Event()
thread = threading.Thread(target=watch)
thread.start()
start = time.perf_counter()
model = BaseModel(path=sys.argv[1], dtype="bfloat16").load(torch.device("cpu"), Quantization(kind=sys.argv[2]))
seconds = time.perf_counter() - start
done.set()
thread.join()
held = sum(t.numel() * t.element_size() for t in [*model.parameters(), *model.buffers()])
print(max(seen) - before, held, seconds)
"""


def save(folder: Path, layers: int) -> int:
    """A model of so many 8B layers, in bfloat16; the bytes of its weights."""
    config = LlamaConfig(
        vocab_size=1024, hidden_size=4096, intermediate_size=14_336, num_hidden_layers=layers, num_attention_heads=32, num_key_value_heads=8
    )
    torch.set_default_dtype(torch.bfloat16)
    model = LlamaForCausalLM(config)
    model.save_pretrained(folder, max_shard_size="450MB")
    return sum(weight.numel() * weight.element_size() for weight in model.parameters())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--layers", type=int, default=3, help="of 436 MB each in bfloat16")
    parser.add_argument("--kind", default="nf4", choices=["nf4", "fp4", "int8", "none"])
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        size = save(Path(place), args.layers)
        done = subprocess.run([sys.executable, "-c", _LOAD, place, args.kind], capture_output=True, text=True, check=True)
        shards = len(list(Path(place).glob("*.safetensors")))
    peak, held, seconds = map(float, done.stdout.split()[-3:])
    print(f"{size / 2**30:.2f} GiB of bfloat16 weights in {shards} shards, held as {args.kind}: {held / 2**30:.2f} GiB")
    print(f"peak of the process's own memory above the libraries: {peak / 2**30:.2f} GiB; {seconds:.1f} s")
    print(f"work_gib={(peak - held) / 2**30:.2f}")


if __name__ == "__main__":
    main()
