from __future__ import annotations

import pytest
import torch

from cotfaith.engine.selfcheck import SelfCheck
from tests.engine.tiny import V, build, greedy, question


@torch.inference_mode()
def test_a_chain_that_plain_decoding_would_not_write_is_refused() -> None:
    model, row = build("llama"), question(0)[0]
    chain = greedy(model, row, 5, ())
    with pytest.raises(RuntimeError, match="packed writing differs from plain writing by"):
        SelfCheck(model).writing([row], [(*chain[:3], (chain[3] + 1) % V, chain[4])])


@torch.inference_mode()
def test_the_longest_chain_is_checked_once() -> None:
    model, rows = build("llama"), question(0)[:2]
    check = SelfCheck(model)
    check.writing(rows, [[5], greedy(model, rows[1], 4, ())])  # the first is wrong, and shorter
    check.writing(rows, [[5, 5], [5]])
    assert check.done == {"writing"}
