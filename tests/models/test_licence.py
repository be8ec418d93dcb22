from __future__ import annotations

from pathlib import Path

import pytest

from cotfaith.models.base import BaseModel
from cotfaith.models.licence import licence_of


def test_the_card_in_a_model_folder_says_its_licence() -> None:
    assert licence_of(BaseModel(path="embedded").source, None) == "apache-2.0"


def test_what_is_named_goes_before_what_the_folder_says() -> None:
    assert licence_of(BaseModel(path="embedded").source, "mit") == "mit"


@pytest.mark.parametrize("card", [None, "no front matter", "---\ntags: [a]\n---\n", "---\nlicense: [a, b]\n---\n"])
def test_what_nobody_says_is_unknown(tmp_path: Path, card: str | None) -> None:
    if card is not None:
        (tmp_path / "README.md").write_text(card)
    assert licence_of(str(tmp_path), None) is None
