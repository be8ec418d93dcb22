"""How far the positions of a model reach: learned ones end, and a token beyond them cannot be run at all."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from transformers import PreTrainedModel

from cotfaith.engine.attention import text_config
from cotfaith.engine.trees import Row

UNBOUNDED = sys.maxsize


def positions(model: PreTrainedModel) -> int:
    """Positions that the model has; `UNBOUNDED` for rotary ones and ALiBi, which go on, if badly, beyond what the model was trained for."""
    config = text_config(model)
    limit: int | None = getattr(config, "max_position_embeddings", None)
    return UNBOUNDED if limit is None or getattr(config, "rope_parameters", None) or getattr(config, "alibi", False) else limit


def check_lengths(rows: Iterable[tuple[str, Row]], context: int) -> None:
    """Refuse rows that do not fit before any is run; each comes with the name of its example.

    Raises:
        ValueError: a row has more tokens than the model has positions.
    """
    for name, row in rows:
        if len(row) > context:
            raise ValueError(f"example {name!r}: expected at most {context} tokens, all positions that the model has, got {len(row)}")
