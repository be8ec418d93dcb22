"""The licence of a base model, as far as it is known without asking anybody."""

from __future__ import annotations

from pathlib import Path

from huggingface_hub import metadata_load


def licence_of(source: str, named: str | None) -> str | None:
    """What the user or conf/model names, else what the model card in the model's folder says; None: unknown. A word of the hub, "apache-2.0".

    source: a folder, or a hub name, of which nothing is fetched.
    """
    card = Path(source) / "README.md"
    if named is not None or not card.is_file():
        return named
    found = (metadata_load(card) or {}).get("license")
    return found if isinstance(found, str) else None
