from __future__ import annotations

import math

import pytest
import torch

from cotfaith.engine.parity import next_logits, parity
from tests.engine.tiny import build


def test_kl_is_in_nats_per_token_from_the_first_to_the_second() -> None:
    first = torch.tensor([[0.5, 0.5], [0.5, 0.5]]).log()
    second = torch.tensor([[0.5, 0.5], [0.9, 0.1]]).log()
    expected = (0 + 0.5 * math.log(0.5 / 0.9) + 0.5 * math.log(0.5 / 0.1)) / 2
    assert parity([first], [second]).kl == pytest.approx(expected, abs=1e-7)


def test_the_share_of_equal_likeliest_tokens_and_the_largest_difference_are_over_all_rows() -> None:
    first = [torch.tensor([[1.0, 0.0], [1.0, 0.0]]), torch.tensor([[0.0, 1.0]])]
    second = [torch.tensor([[1.0, 0.0], [1.0, 3.0]]), torch.tensor([[0.0, 0.5]])]
    found = parity(first, second)
    assert (found.likeliest, found.logit, found.tokens) == (2 / 3, 3.0, 3)


def test_logits_stand_before_each_written_token() -> None:
    model = build("llama")
    prompt, written = (3, 5, 7), (11, 13)
    with torch.inference_mode():
        whole = model(input_ids=torch.tensor([[3, 5, 7, 11, 13]])).logits[0]
    assert torch.equal(next_logits(model, prompt, written), whole[2:4])
