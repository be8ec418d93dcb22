from __future__ import annotations

import pytest

from cotfaith.engine.context import UNBOUNDED, check_lengths, positions
from tests.engine.tiny import build


@pytest.mark.parametrize(("kind", "expected"), [("gpt2", 256), ("gptj", 256), ("llama", UNBOUNDED), ("falcon_alibi", UNBOUNDED)])
def test_only_learned_positions_end(kind: str, expected: int) -> None:
    assert positions(build(kind)) == expected


def test_a_row_beyond_the_positions_is_refused_by_the_name_of_its_example() -> None:
    check_lengths([("a", (1,) * 5)], context=5)
    with pytest.raises(ValueError, match="example 'b': expected at most 5 tokens, all positions that the model has, got 6"):
        check_lengths([("a", (1,) * 5), ("b", (1,) * 6)], context=5)
