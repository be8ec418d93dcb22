"""Tiny models of many architectures with random weights, and the slow truth: one row at a time, no cache, the likeliest token."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import torch
from transformers import AutoConfig, AutoModelForCausalLM, PreTrainedModel

from cotfaith.engine.trees import Row

V = 120
SIZES = {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2}
WINDOW = {"head_dim": 8, "sliding_window": 12, "layer_types": ["sliding_attention", "full_attention"]}
MOE = {"num_local_experts": 2, "num_experts_per_tok": 1}
GPT = {"n_embd": 32, "n_layer": 2, "n_head": 4}
EXACT: dict[str, tuple[str, dict[str, object]]] = {
    "llama": ("llama", {}),
    "llama_eager": ("llama", {"attn_implementation": "eager"}),
    "qwen2": ("qwen2", {}),
    "qwen3": ("qwen3", {"head_dim": 8}),
    "gemma": ("gemma", {"head_dim": 8}),
    "gemma2": ("gemma2", WINDOW),
    "gemma3": ("gemma3_text", WINDOW),
    "mistral_sliding": ("mistral", {"sliding_window": 12}),
    "phi3": ("phi3", {}),
    "phi": ("phi", {}),
    "gpt2": ("gpt2", GPT),
    "gptj": ("gptj", {**GPT, "rotary_dim": 4}),
    "neox": ("gpt_neox", {}),
    "olmo2": ("olmo2", {}),
    "smollm3": ("smollm3", {}),
    "gpt_oss": ("gpt_oss", {**WINDOW, **MOE}),
    "falcon": ("falcon", {}),
    "falcon_many": ("falcon", {"multi_query": False}),
    "cohere2": ("cohere2", {k: v for k, v in WINDOW.items() if k != "head_dim"}),
    "granite": ("granite", {}),
    "stablelm": ("stablelm", {}),
    "mixtral": ("mixtral", MOE),
}
ALIKE: dict[str, tuple[str, dict[str, object]]] = {  # packs, but all of its answers are of one length
    "falcon_new": ("falcon", {"new_decoder_architecture": True, "num_kv_heads": 2}),
}
NOT_PACKED: dict[str, tuple[str, dict[str, object]]] = {
    "falcon_alibi": ("falcon", {"alibi": True}),
    "bloom": ("bloom", {}),
    "mamba": ("mamba", {}),
    "dynamic_rope": ("llama", {"rope_parameters": {"rope_type": "dynamic", "factor": 2.0, "rope_theta": 1e4}, "max_position_embeddings": 32}),
}


def build(kind: str) -> PreTrainedModel:
    """A model of one of the tables above in float32; weights large enough that its answers vary."""
    family, options = {**EXACT, **ALIKE, **NOT_PACKED}[kind]
    options = dict(options)
    attention = {"attn_implementation": options.pop("attn_implementation")} if "attn_implementation" in options else {}
    common = {"vocab_size": V, "max_position_embeddings": 256, "pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2}
    torch.manual_seed(0)
    config = AutoConfig.for_model(family, **{**SIZES, **common, **options})
    model: PreTrainedModel = AutoModelForCausalLM.from_config(config, **attention).float().eval()
    for parameter in model.parameters():
        if parameter.dim() > 1:
            torch.nn.init.normal_(parameter, std=0.2)
    return model


@torch.inference_mode()
def greedy(model: PreTrainedModel, row: Row, limit: int, stops: Sequence[int]) -> Row:
    ids: list[int] = []
    while len(ids) < limit and not (ids and ids[-1] in stops):
        ids.append(int(model(input_ids=torch.tensor([[*row, *ids]]), use_cache=False).logits[0, -1].argmax()))
    return tuple(ids)


@torch.inference_mode()
def logprobs(model: PreTrainedModel, row: Row) -> torch.Tensor:
    return model(input_ids=torch.tensor([row]), use_cache=False).logits[0, -1].log_softmax(-1)


def question(seed: int, prompt: int = 16, step: int = 4) -> list[Row]:
    """Rows of one question: three steps cut at four places, the rest left out, filled or changed; and a prompt of its own."""
    random = Random(seed)
    draw = lambda count: tuple(random.randrange(3, V) for _ in range(count))  # noqa: E731
    start, steps, cue = draw(prompt), [draw(step) for _ in range(3)], (7, 8)
    rows: list[Row] = [(*start[:-3], 9, *cue)]
    for kept in range(4):
        before, rest = start + sum(steps[:kept], ()), (3 - kept) * step
        rows += [before + cue, before + (5,) * rest + cue, before + draw(rest) + cue]
    return list(dict.fromkeys(rows))
