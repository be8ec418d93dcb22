"""Normalised match: what the chain adds to answering without one."""

from __future__ import annotations

import math

import torch

from cotfaith.metrics.normalised import NormalisedMatch


def scores(matched: list[list[bool]], same: list[bool]) -> dict[str, list[float]]:
    metric = NormalisedMatch(len(matched[0]))
    for row, alone in zip(matched, same, strict=True):
        metric.update(torch.tensor([row]), torch.tensor([alone]))
    return {name: value.tolist() for name, value in metric.compute().items()}


def test_a_match_is_measured_from_the_rate_without_a_chain() -> None:
    found = scores([[False, False, True], [False, True, True], [False, True, True], [True, True, True]], [True, True, False, False])
    assert found["same_without_chain"] == 0.5
    assert found["normalised_match"] == [-0.5, 0.5, 1.0]  # (1/4 - 1/2) / (1/2), (3/4 - 1/2) / (1/2), 1


def test_where_no_chain_is_ever_needed_there_is_no_number() -> None:
    assert all(map(math.isnan, scores([[True, True]], [True])["normalised_match"]))
