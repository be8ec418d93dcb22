from __future__ import annotations

from functools import partial

import pytest
import torch
from torch.nn import LayerNorm, Linear, Parameter, Sequential

from cotfaith.training.optimizers import adamw, check_device, decaying, paged_adamw_8bit, state_bytes

BETAS = (0.9, 0.999)
eight = partial(paged_adamw_8bit, lr=0.1, betas=BETAS, weight_decay=0.0)
full = partial(adamw, lr=0.1, betas=BETAS, weight_decay=0.0)


def test_matrices_decay_and_vectors_do_not() -> None:
    model = Sequential(Linear(2, 2), LayerNorm(2))
    for weight in model.parameters():
        weight.grad = torch.zeros_like(weight)
    before = {name: weight.detach().clone() for name, weight in model.named_parameters()}
    adamw(decaying(model.named_parameters()), lr=0.1, betas=BETAS, weight_decay=0.5).step()
    moved = {name for name, weight in model.named_parameters() if not torch.equal(weight, before[name])}
    assert moved == {"0.weight"}


def test_a_frozen_weight_is_in_no_group() -> None:
    model = Linear(2, 2)
    model.weight.requires_grad = False
    assert [group["params"] for group in decaying(model.named_parameters())] == [[model.bias]]


def test_eight_bits_are_refused_off_cuda_before_a_model_is_loaded_and_after() -> None:
    message = "optimizer=adamw8bit: .* CUDA devices only, the model trains on 'cpu'; expected optimizer=adamw"
    with pytest.raises(ValueError, match=message):
        check_device(eight, torch.device("cpu"))
    with pytest.raises(ValueError, match=message):
        eight([{"params": [Parameter(torch.zeros(2))]}])


def test_what_an_optimizer_can_run_on_is_not_refused() -> None:
    check_device(full, torch.device("cpu"))
    check_device(full, torch.device("cuda"))
    check_device(eight, torch.device("cuda"))


def test_the_bytes_of_a_state_are_those_that_a_step_leaves() -> None:
    weight = Parameter(torch.zeros(100, 100))
    weight.grad = torch.ones_like(weight)
    optimizer = full([{"params": [weight]}])
    optimizer.step()
    kept = sum(state.numel() * state.element_size() for state in optimizer.state[weight].values() if state.dim())
    assert kept == state_bytes(full) * weight.numel()


def test_gradients_of_a_fused_optimizer_can_be_clipped_under_mixed_precision() -> None:
    # Lightning refuses optimizers with this attribute, which torch sets on fused ones, also where there is no scaler
    assert not full([{"params": [Parameter(torch.zeros(2))]}])._step_supports_amp_scaling
