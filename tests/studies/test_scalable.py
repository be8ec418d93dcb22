"""Studies that an adapter does not bear are found before anything is loaded."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest

from cotfaith.models.full import FullTuning
from cotfaith.models.lora import Lora
from cotfaith.studies.chain_swap import ChainSwap
from cotfaith.studies.dose_response import DoseResponse
from cotfaith.studies.scalable import scalable
from tests.studies.fakes import ALPHAS

SWAP = ChainSwap(alphas=ALPHAS, limit=None)
DOSE = DoseResponse(alphas=ALPHAS, scales=(0, 0.5, 1), limit=None)
ENDS = DoseResponse(alphas=ALPHAS, scales=(0, 1), limit=None)
PLAIN = {"peft_type": "LORA", "use_dora": False, "modules_to_save": None, "bias": "none"}


def lora(*, dora: bool) -> Lora:
    return Lora(r=4, alpha=16, ratio=2, dropout=0.0, target_modules="all-linear", scaling="fixed_alpha", dora=dora)


def saved(folder: Path, **odd: object) -> Path:
    (folder / "adapter_config.json").write_text(json.dumps(PLAIN | odd))
    return folder


@pytest.mark.parametrize("odd", [{"use_dora": True}, {"modules_to_save": ["lm_head"]}, {"bias": "all"}, {"peft_type": "IA3"}])
def test_a_saved_adapter_of_more_than_updates_is_asked_the_other_studies(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, odd: dict[str, object]
) -> None:
    with caplog.at_level(logging.WARNING):
        assert scalable([SWAP, DOSE], saved(tmp_path, **odd), required=False) == (SWAP,)
    assert f"this one has {next(iter(odd))}: left out" in caplog.text


def test_plain_updates_and_the_base_alone_bear_every_study(tmp_path: Path) -> None:
    assert {scalable([SWAP, DOSE], adapter, required=True) for adapter in (saved(tmp_path), lora(dora=False), None)} == {(SWAP, DOSE)}


def test_the_ends_alone_weaken_nothing() -> None:
    assert scalable([ENDS], FullTuning(), required=True) == (ENDS,)


@pytest.mark.parametrize(("tuning", "found"), [(lora(dora=True), "use_dora"), (FullTuning(), "modules_to_save")])
def test_a_study_that_is_asked_for_and_cannot_be_had_is_refused(tuning: Lora | FullTuning, found: str) -> None:
    with pytest.raises(ValueError, match=rf"study=dose_response .* this one has {found}; expected study=\[chain_swap\]"):
        scalable([SWAP, DOSE], tuning, required=True)
