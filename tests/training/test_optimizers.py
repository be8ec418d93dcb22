from __future__ import annotations

from functools import partial
from typing import Any

import pytest
import torch
from bitsandbytes.optim import AdamW8bit, PagedAdamW8bit
from torch import Tensor
from torch.nn import LayerNorm, Linear, Parameter, Sequential
from torch.optim import AdamW, Optimizer

from cotfaith.training.optimizers import adamw, check_saved, decaying, kind_of, state_bytes

BETAS = (0.9, 0.999)
CPU, CUDA = torch.device("cpu"), torch.device("cuda")
adam = partial(adamw, lr=0.1, betas=BETAS, weight_decay=0.0)
full, eight, auto = partial(adam, bits=32), partial(adam, bits=8), partial(adam, bits="auto")


def test_matrices_decay_and_vectors_do_not() -> None:
    model = Sequential(Linear(2, 2), LayerNorm(2))
    for weight in model.parameters():
        weight.grad = torch.zeros_like(weight)
    before = {name: weight.detach().clone() for name, weight in model.named_parameters()}
    adamw(decaying(model.named_parameters()), lr=0.1, betas=BETAS, weight_decay=0.5, bits=32).step()
    moved = {name for name, weight in model.named_parameters() if not torch.equal(weight, before[name])}
    assert moved == {"0.weight"}


def test_a_frozen_weight_is_in_no_group() -> None:
    model = Linear(2, 2)
    model.weight.requires_grad = False
    assert [group["params"] for group in decaying(model.named_parameters())] == [[model.bias]]


@pytest.mark.parametrize("optimizer", [full, eight, auto])
def test_the_bytes_of_a_state_are_those_that_a_step_leaves(optimizer: partial[Optimizer]) -> None:
    weight = Parameter(torch.zeros(128, 64))
    weight.grad = torch.ones_like(weight)
    made = optimizer([{"params": [weight]}])
    made.step()
    moments = [state for state in made.state[weight].values() if isinstance(state, Tensor) and state.shape == weight.shape]
    assert sum(state.numel() * state.element_size() for state in moments) == state_bytes(optimizer, CPU) * weight.numel()


def test_moments_take_8_bits_by_themselves_on_cuda_only() -> None:
    assert [state_bytes(each, device) for each in (full, eight, auto) for device in (CPU, CUDA)] == [8, 8, 2, 2, 8, 2]


def test_eight_bits_go_where_32_do() -> None:
    ends = []
    for optimizer in (full, eight):
        torch.manual_seed(0)
        weight, wanted = Parameter(torch.randn(128, 64)), torch.randn(128, 64)
        made = optimizer([{"params": [weight]}], lr=0.05)
        for _ in range(60):
            made.zero_grad()
            (weight - wanted).square().sum().backward()
            made.step()
        ends.append((weight - wanted).abs().mean().item())
    assert ends[1] == pytest.approx(ends[0], abs=0.02)
    assert ends[0] < 0.1  # it began at 1.1


@pytest.mark.parametrize(
    ("bits", "on_cuda", "kind"),
    [
        (32, False, AdamW),
        (32, True, AdamW),
        (8, False, AdamW8bit),
        (8, True, PagedAdamW8bit),
        ("auto", False, AdamW),
        ("auto", True, PagedAdamW8bit),
    ],
)
def test_8_bits_are_paged_on_cuda_alone(bits: Any, on_cuda: bool, kind: type) -> None:
    assert kind_of(bits, on_cuda=on_cuda) is kind


@pytest.mark.parametrize(("saved", "going_on", "found"), [(full, eight, 32), (eight, full, 8), (eight, auto, 8)])
def test_moments_of_other_bits_are_refused_by_name(saved: partial[Optimizer], going_on: partial[Optimizer], found: int) -> None:
    weight = Parameter(torch.zeros(128, 64))
    weight.grad = torch.ones_like(weight)
    made = saved([{"params": [weight]}])
    check_saved(going_on, CPU, made.state_dict())  # before the first step there is nothing to go on with
    made.step()
    check_saved(saved, CPU, made.state_dict())
    check_saved(partial(torch.optim.SGD, lr=1.0), CPU, made.state_dict())  # a user's own: torch will say what it cannot read
    with pytest.raises(ValueError, match=f"the checkpoint holds moments of {found} bits, .* go on with optimizer.bits={found}"):
        check_saved(going_on, CPU, made.state_dict())


def test_other_bits_are_refused() -> None:
    with pytest.raises(ValueError, match="optimizer.bits: expected auto, 8 or 32, got 16"):
        state_bytes(partial(adam, bits=16), CPU)  # before a model is loaded


def test_gradients_of_a_fused_optimizer_can_be_clipped_under_mixed_precision() -> None:
    # Lightning refuses optimizers with this attribute, which torch sets on fused ones, also where there is no scaler
    assert not full([{"params": [Parameter(torch.zeros(2))]}])._step_supports_amp_scaling
