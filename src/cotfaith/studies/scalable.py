"""Which studies an adapter bears: one that weakens it needs plain LoRA updates. Known before anything is loaded."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cotfaith.engine.arms import beyond_updates
from cotfaith.models.build import Tuning
from cotfaith.studies.study import Study

log = logging.getLogger(__name__)


def scalable(studies: Sequence[Study[Any]], adapter: Tuning | Path | None, *, required: bool) -> tuple[Study[Any], ...]:
    """The studies that can be asked of an adapter; those that cannot are left out, which the log tells.

    adapter: what will be trained, the folder of what was, or None for the base alone, of which no study is asked. required: none is left out.

    Raises:
        ValueError: all are required, and one weakens what is more than plain LoRA updates.
    """
    found = () if adapter is None else beyond_updates(_config(adapter)) if isinstance(adapter, Path) else adapter.beyond_updates
    borne = tuple(study for study in studies if not (found and study.weakens))
    for study in studies:
        if study not in borne:
            told = f"study={study.name} weakens an adapter of plain LoRA updates, this one has {', '.join(found)}"
            if required:
                raise ValueError(f"{told}; expected study=[{','.join(other.name for other in borne)}]")
            log.warning("%s: left out", told)
    return borne


def _config(folder: Path) -> dict[str, Any]:
    config: dict[str, Any] = json.loads((folder / "adapter_config.json").read_text())
    return config
