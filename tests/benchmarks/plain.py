"""What the engine is measured against: straightforward `generate`, one row at a time or in left-padded batches; and the clockwork of a race."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from typing import Any

import torch
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedModel

Row = tuple[int, ...]
SIZES = {  # millions of parameters -> vocabulary, hidden size, layers, heads
    5: (1024, 256, 6, 4),
    110: (32000, 768, 8, 12),
}


def llama(millions: int) -> LlamaForCausalLM:
    """A Llama with random weights in float32."""
    vocabulary, hidden, layers, heads = SIZES[millions]
    config = LlamaConfig(
        vocab_size=vocabulary,
        hidden_size=hidden,
        intermediate_size=hidden * 8 // 3,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        num_key_value_heads=heads,
        max_position_embeddings=2048,
        bos_token_id=1,
        eos_token_id=None,
        pad_token_id=0,
    )
    torch.manual_seed(0)
    return LlamaForCausalLM(config).eval()


def generate(model: PreTrainedModel, rows: Sequence[Row], limit: int, stops: Sequence[int] = (), pad: int = 0) -> list[list[int]]:
    """Greedy continuations of one padded batch, cut behind the first end token."""
    longest = max(map(len, rows))
    ids = torch.tensor([[pad] * (longest - len(row)) + list(row) for row in rows])
    mask = torch.tensor([[0] * (longest - len(row)) + [1] * len(row) for row in rows])
    asked: Any = model
    with torch.inference_mode():
        out = asked.generate(ids, attention_mask=mask, max_new_tokens=limit, do_sample=False, eos_token_id=list(stops) or None, pad_token_id=pad)
    return [_cut(row, stops) for row in out[:, longest:].tolist()]


def batches(model: PreTrainedModel, rows: Sequence[Row], limit: int, stops: Sequence[int] = (), *, size: int, pad: int = 0) -> list[list[int]]:
    """The same, `size` rows at a time in the order given."""
    return [ids for start in range(0, len(rows), size) for ids in generate(model, rows[start : start + size], limit, stops, pad)]


def _cut(ids: list[int], stops: Sequence[int]) -> list[int]:
    ends = [place for place, token in enumerate(ids) if token in stops]
    return ids[: ends[0] + 1] if ends else ids


def race(runners: dict[str, Callable[[], Any]], clock: Callable[[], float], repeats: int) -> tuple[dict[str, float], dict[str, Any]]:
    """Median seconds and last result of each, run in turns so that a busy machine is busy for all."""
    seconds: dict[str, list[float]] = {name: [] for name in runners}
    results = {}
    for _ in range(repeats):
        for name, run in runners.items():
            start = clock()
            results[name] = run()
            seconds[name].append(clock() - start)
    return {name: statistics.median(each) for name, each in seconds.items()}, results
