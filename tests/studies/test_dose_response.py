"""Dose-response: scores at every scale; the ends are the arms themselves."""

from __future__ import annotations

import pytest

from cotfaith.studies.dose_response import DoseResponse
from cotfaith.types import Arm, Rollout
from tests.studies.fakes import ALPHAS, BELOW_ANY, OPEN, STRICT, Fake, follows, knows, reasoners, rollout

DOSE = DoseResponse(alphas=ALPHAS, scales=(0, 0.5, 1), limit=None)
WRITTEN: dict[Arm, list[Rollout]] = {"base": [rollout("u", ("a ", "b "), "2")], "tuned": [rollout("u", ("a ",), "1")]}


def test_the_ends_keep_the_chains_of_the_arms_and_in_between_chains_are_written() -> None:
    base, tuned = Fake(follows), Fake(knows, ("x ", "y ", "z "))
    records = DOSE.ask(reasoners(base=base, tuned=tuned), WRITTEN)
    assert [(record.scale, record.kept[-1]) for record in records] == [(0.0, 2), (0.5, 3), (1.0, 1)]
    assert (base.written, tuned.written) == ([], ["u"])


def test_every_scale_has_its_accuracies_and_its_aoc() -> None:
    records = DOSE.ask(reasoners(base=Fake(follows), tuned=Fake(knows)), WRITTEN)
    scales = DOSE.score(records, OPEN, BELOW_ANY)["scales"]
    assert [scales[name]["aoc"] for name in ("0", "0.5", "1")] == [0.75, 0.0, 0.0]
    assert [scales[name]["cot_accuracy"] for name in ("0", "0.5", "1")] == [0.0, 1.0, 1.0]
    assert [scales[name]["direct_accuracy"] for name in ("0", "0.5", "1")] == [0.0, 1.0, 1.0]


def test_a_scale_at_which_the_model_breaks_down_is_gated_by_itself() -> None:
    records = DOSE.ask(reasoners(base=Fake(knows), tuned=Fake(lambda chain: None)), {arm: [rollout("u", ("a ",), "1")] for arm in WRITTEN})
    scales = DOSE.score(records, STRICT, 0.0)["scales"]
    assert (scales["0"]["gates"], scales["0.5"]["gates"][-1]) == ([], "parsed 0.000 < 0.95")


@pytest.mark.parametrize("scales", [(), (0.5, 1), (0, 0.5), (0, 0.5, 0.5, 1), (0, 2, 1)])
def test_scales_that_do_not_lead_from_base_to_tuned_are_refused(scales: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match=r"study.dose_response.scales: expected ascending numbers from 0 to 1"):
        DoseResponse(alphas=ALPHAS, scales=scales, limit=None)


def test_a_limit_below_one_is_refused() -> None:
    with pytest.raises(ValueError, match=r"study.dose_response.limit: expected at least 1 or null, got 0"):
        DoseResponse(alphas=ALPHAS, scales=(0, 1), limit=0)
