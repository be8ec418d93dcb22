"""What the embedded model must be able to do, in 4 bits. Slow: minutes of generation."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from transformers import PreTrainedModel

from cotfaith.engine.decoding import Decoding
from cotfaith.engine.local import LocalReasoner
from cotfaith.models.embedded.card import measure, questions
from cotfaith.text.encoding import Encoder

STORIES = "stories of 2 to 8 steps"


@pytest.mark.slow
def test_stories_need_the_chain(load: Callable[[str], PreTrainedModel], encoder: Encoder) -> None:
    reasoner = LocalReasoner(load("nf4"), encoder, Decoding(batch_size=100, max_new_tokens=400, answer_tokens=12))
    line = measure(reasoner, questions(500)[STORIES])
    assert line.chain >= 0.97
    assert line.direct <= 0.25
