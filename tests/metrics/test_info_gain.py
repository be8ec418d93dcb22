"""Information gain: per step, in logs, and the telescoped drop of perplexity."""

from __future__ import annotations

import math

import pytest
import torch

from cotfaith.metrics.info_gain import STEPS, InfoGain, log_gains, perplexity_drop


def test_a_gain_is_the_drop_of_log_perplexity_at_its_step() -> None:
    # two tokens: log PPL is 3, then 1, then 1.5; the second step makes the answer less likely
    assert log_gains([-6.0, -2.0, -3.0], tokens=2).tolist() == [2.0, -0.5]


def test_the_drop_of_perplexity_is_shared_by_the_steps() -> None:
    # PPL is 1 / p where the answer is one token: 1 / 0.1, then 1 / 0.5, over two steps
    assert perplexity_drop([math.log(0.1), math.log(0.3), math.log(0.5)], tokens=1) == pytest.approx((10 - 2) / 2)


def test_the_mean_log_gain_telescopes_and_falls_with_length_alone() -> None:
    short, long = [-4.0, -1.0], [-4.0, -3.0, -2.0, -1.0]
    assert (log_gains(short, 1).mean().item(), log_gains(long, 1).mean().item()) == (3.0, 1.0)


def scores(*chains: list[float]) -> dict[str, torch.Tensor]:
    metric = InfoGain()
    for logprobs in chains:
        metric.update(logprobs, 1)
    found: dict[str, torch.Tensor] = metric.compute()
    return found


def test_means_are_over_chains_and_a_step_is_averaged_over_chains_that_have_it() -> None:
    found = scores([-4.0, -1.0], [-4.0, -3.0, -2.0])
    assert found["log"].item() == (3.0 + 1.0) / 2
    assert found["by_step"][:3].nan_to_num(-9).tolist() == [(3.0 + 1.0) / 2, 1.0, -9]
    assert (found["mean_steps"].item(), found["n"].item()) == (1.5, 2)


def test_steps_beyond_the_table_count_in_the_means() -> None:
    found = scores([float(-place) for place in range(STEPS + 4, -1, -1)])  # each of STEPS + 4 steps gains 1
    assert (found["log"].item(), found["mean_steps"].item(), found["by_step"].sum().item()) == (1.0, STEPS + 4, STEPS)


@pytest.mark.parametrize("extreme", [[-2000.0, -1000.0], [-2000.0, -1.0], [-1.0, -2000.0]])
def test_a_perplexity_beyond_any_number_is_left_out_and_counted(extreme: list[float]) -> None:
    # exp(1000) is infinite, and infinity less infinity wiped out the mean of all chains.
    plain = [math.log(0.1), math.log(0.5)]
    found = scores(plain, extreme)
    assert found["perplexity"].item() == pytest.approx(10 - 2)
    assert (found["unbounded"].item(), found["n"].item()) == (1, 2)


def test_two_processes_add_up() -> None:
    first, second = InfoGain(), InfoGain()
    first.update([-4.0, -1.0], 1)
    second.update([-4.0, -3.0, -2.0], 1)
    first.merge_state(second)
    assert first.compute()["log"].item() == scores([-4.0, -1.0], [-4.0, -3.0, -2.0])["log"].item()


@pytest.mark.filterwarnings("ignore:The ``compute`` method")
def test_without_chains_there_is_no_number() -> None:
    assert all(value.isnan().all() for name, value in scores().items() if name not in ("n", "unbounded"))
