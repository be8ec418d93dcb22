"""What the A/A floor rests on: the same row in another batch is another computation, and not a remembered answer."""

from __future__ import annotations

import torch

from cotfaith.engine.decoding import Decoding
from cotfaith.engine.tokens import TokenEngine
from tests.engine.tiny import build, question


def test_rows_read_alone_are_computed_anew_and_differ_by_rounding() -> None:
    decoding = Decoding(batch_size=8, max_new_tokens=8, answer_tokens=2, self_check=False)
    engine = TokenEngine(build("llama").to(torch.bfloat16), decoding, stops=[2], decode=lambda ids: "")
    questions = [question(seed) for seed in range(40)]
    intact = [max(rows, key=len) for rows in questions]
    beside, alone = engine.read(questions, [5, 6]), engine.read([[row] for row in intact[::-1]], [5, 6])
    apart = [(beside[row].logprobs - alone[row].logprobs).abs().max().item() for row in intact]
    assert 0 < max(apart) < 0.1  # nats; bfloat16 has 3 digits
