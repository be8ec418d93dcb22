from __future__ import annotations

from random import Random

import pytest
import torch

from cotfaith.engine.decoding import Decoding, greedy, sampled, stopping

PROBABILITIES = torch.tensor([[0.2, 0.5, 0.3]])


def draws(count: int, temperature: float, top_p: float) -> list[float]:
    """Share of each token among draws from the distribution above."""
    pick = sampled([Random(place) for place in range(count)], temperature, top_p)
    drawn = pick(PROBABILITIES.log().expand(count, -1), [(place, 0) for place in range(count)])
    return [drawn.count(token) / count for token in range(3)]


def test_greedy_takes_the_likeliest() -> None:
    assert greedy(torch.tensor([[0.0, 3.0, 1.0], [2.0, 0.0, 1.0]]), [(0, 0), (1, 0)]) == [1, 0]


def test_draws_follow_the_models_probabilities_at_temperature_1() -> None:
    assert draws(4000, 1.0, 1.0) == pytest.approx([0.2, 0.5, 0.3], abs=0.03)  # 4 standard errors


def test_temperature_sharpens_as_a_power() -> None:
    squares = [0.04 / 0.38, 0.25 / 0.38, 0.09 / 0.38]  # temperature 1/2
    assert draws(4000, 0.5, 1.0) == pytest.approx(squares, abs=0.03)


@pytest.mark.parametrize(("top_p", "shares"), [(0.4, [0, 1, 0]), (0.5, [0, 1, 0]), (0.6, [0, 0.625, 0.375])])
def test_top_p_leaves_the_likeliest_that_reach_it(top_p: float, shares: list[float]) -> None:
    assert draws(4000, 1.0, top_p) == pytest.approx(shares, abs=0.035)


def test_a_row_draws_the_same_whatever_stands_beside_it() -> None:
    logits = torch.randn(3, 50, generator=torch.Generator().manual_seed(0))
    beside = sampled([Random(place) for place in range(3)], 1.0, 1.0)(logits, [(place, 4) for place in range(3)])
    assert sampled([Random(place) for place in range(3)], 1.0, 1.0)(logits[[2]], [(2, 4)]) == beside[2:]


@pytest.mark.parametrize(("ids", "ended"), [([1, 2], False), ([1, 23], True), ([12, 3], True), ([2, 3, 4], True), ([], False)])
def test_a_stop_string_is_found_in_the_text_across_tokens(ids: list[int], ended: bool) -> None:
    ends = stopping(("23",), lambda ids: "".join(map(str, ids)))
    assert ends(ids) is ended


def test_without_stop_strings_nothing_is_decoded() -> None:
    assert not stopping((), lambda ids: pytest.fail("decoded"))([1])


@pytest.mark.parametrize(("name", "value"), [("temperature", -1), ("top_p", 0), ("top_p", 1.5), ("memory_gib", 0)])
def test_settings_out_of_range_are_refused_by_name(name: str, value: float) -> None:
    with pytest.raises(ValueError, match=f"engine.{name}: expected"):
        Decoding(**{"batch_size": 1, "max_new_tokens": 1, "answer_tokens": 1, name: value})  # type: ignore[arg-type]
