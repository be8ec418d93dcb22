"""How far one model is from another that should be the same: on the same tokens, over the whole vocabulary."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from transformers import PreTrainedModel

from cotfaith.engine.trees import Row


@dataclass(frozen=True, slots=True)
class Parity:
    """Over all tokens that the first model wrote, each predicted by both from the same text."""

    kl: float  # KL(first || second), nats per token, mean; 0 is the same model
    logit: float  # largest absolute difference of a logit
    likeliest: float  # share of tokens at which both find the same one likeliest, in [0, 1]
    tokens: int


@torch.inference_mode()
def next_logits(model: PreTrainedModel, prompt: Row, written: Row) -> Tensor:
    """Logits (T, V) float32 on the CPU, before each of the T tokens written behind the prompt; alone in its batch."""
    ids = torch.tensor([[*prompt, *written]], device=model.device)
    logits = model(input_ids=ids, use_cache=False).logits[0, len(prompt) - 1 : -1]
    return torch.as_tensor(logits.float().cpu())


def parity(first: Sequence[Tensor], second: Sequence[Tensor]) -> Parity:
    """first, second: `next_logits` of two models on the same rows, (T, V) each.

    >>> one = torch.tensor([[0.0, 0.0]])
    >>> parity([one], [one + 1.0])
    Parity(kl=0.0, logit=1.0, likeliest=1.0, tokens=1)
    """
    pairs = list(zip(first, second, strict=True))
    kls = torch.cat([_kl(one, other) for one, other in pairs])
    same = torch.cat([one.argmax(-1) == other.argmax(-1) for one, other in pairs])
    apart = max((float((one - other).abs().max()) for one, other in pairs if len(one)), default=math.nan)
    return Parity(kls.mean().item(), apart, same.double().mean().item(), len(kls))


def _kl(one: Tensor, other: Tensor) -> Tensor:
    """(T,), float64: in float32 the sum over a vocabulary is off by more than equal models differ."""
    p, q = one.double().log_softmax(-1), other.double().log_softmax(-1)
    return (p.exp() * (p - q)).sum(-1)
