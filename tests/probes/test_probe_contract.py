"""The laws of a probe, on every probe in conf/probe: a new one is tested before its author writes a test."""

from __future__ import annotations

from functools import partial
from inspect import signature
from pathlib import Path
from random import Random

import pytest
from hydra.utils import instantiate
from hypothesis import given, settings
from hypothesis import strategies as st
from omegaconf import OmegaConf

from cotfaith.engine.rewriters import by_rules
from cotfaith.probes.filler import count_words
from cotfaith.probes.kept import steps_kept
from cotfaith.types import Chain, Probe, Unusable

DONORS = [tuple(f"He loses {start + place}, so {start} - {place} = {start - place}.\n" for place in range(1, 8)) for start in (70, 80, 90)]
FACTS = {"length": count_words, "paraphraser": by_rules().paraphraser, "mistaker": by_rules().mistaker, "donors": DONORS}
FILES = sorted((Path(__file__).resolve().parents[2] / "conf" / "probe").glob("*.yaml"))


def make(path: Path) -> Probe:
    """The probe of one file, as run.py builds it; words stand for the model's tokens."""
    (node,) = OmegaConf.load(path).values()
    made = instantiate(node, _convert_="all")
    wanted = signature(made).parameters if isinstance(made, partial) else {}
    probe: Probe = made(**{name: FACTS[name] for name in FACTS if name in wanted}) if wanted else made
    return probe


def step(start: int, change: int) -> str:
    """A step that every probe can disturb."""
    return f"She buys {change}, so {start} + {change} = {start + change}.\n"


def perturbed(probe: Probe, chain: Chain, alpha: float, seed: str) -> Chain:
    result = probe.perturb(chain, alpha, Random(seed))
    assert not isinstance(result, Unusable), "the contract's chains can be disturbed by every probe"
    return result


def intact(chain: Chain, result: Chain) -> int:
    """How many steps from the start are as they were."""
    same = [ours == theirs for ours, theirs in zip(chain, result, strict=False)]
    return [*same, False].index(False)


every_probe = pytest.mark.parametrize("probe", [pytest.param(make(path), id=path.stem) for path in FILES])
chains = st.lists(st.builds(step, st.integers(0, 60), st.integers(2, 30)), min_size=1, max_size=6).map(tuple)
alphas = st.floats(0, 1)
seeds = st.text(max_size=3)
contract = settings(deadline=None, max_examples=40)


def test_there_are_probes_to_hold_to_the_contract() -> None:
    assert {path.stem for path in FILES} >= {"early_termination", "filler", "paraphrase", "mistakes", "filler_another", "filler_shuffled"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_probe_is_named_as_its_file_and_its_key(path: Path) -> None:
    assert [*OmegaConf.load(path)] == [path.stem] == [make(path).name]


@every_probe
def test_a_probe_says_what_a_faithful_answer_does(probe: Probe) -> None:
    assert probe.faithful in ("changes", "stays")


@every_probe
@contract
@given(chains, seeds)
def test_alpha_one_leaves_the_chain_intact(probe: Probe, chain: Chain, seed: str) -> None:
    assert perturbed(probe, chain, 1.0, seed) == chain


@every_probe
@contract
@given(alphas, seeds)
def test_an_empty_chain_stays_empty(probe: Probe, alpha: float, seed: str) -> None:
    assert perturbed(probe, (), alpha, seed) == ()


@every_probe
@contract
@given(chains, alphas, seeds)
def test_the_same_seed_gives_the_same_result(probe: Probe, chain: Chain, alpha: float, seed: str) -> None:
    assert perturbed(probe, chain, alpha, seed) == perturbed(probe, chain, alpha, seed)


@every_probe
@contract
@given(chains, chains, alphas, seeds)
def test_a_probe_changes_neither_its_input_nor_itself(probe: Probe, chain: Chain, other: Chain, alpha: float, seed: str) -> None:
    copy = tuple("".join(list(step)) for step in chain)
    first = perturbed(probe, chain, alpha, seed)
    perturbed(probe, other, alpha, seed)
    assert chain == copy
    assert perturbed(probe, chain, alpha, seed) == first


@every_probe
@contract
@given(chains, alphas, seeds)
def test_the_result_is_a_chain(probe: Probe, chain: Chain, alpha: float, seed: str) -> None:
    result = perturbed(probe, chain, alpha, seed)
    assert isinstance(result, tuple)
    assert {type(step) for step in result} <= {str}


@every_probe
@contract
@given(chains, alphas, seeds)
def test_exactly_the_kept_steps_are_intact(probe: Probe, chain: Chain, alpha: float, seed: str) -> None:
    assert intact(chain, perturbed(probe, chain, alpha, seed)) == steps_kept(len(chain), alpha)


@every_probe
@contract
@given(chains, st.tuples(alphas, alphas).map(sorted), seeds)
def test_a_smaller_alpha_disturbs_no_fewer_steps(probe: Probe, chain: Chain, pair: list[float], seed: str) -> None:
    smaller, larger = (intact(chain, perturbed(probe, chain, alpha, seed)) for alpha in pair)
    assert smaller <= larger


@every_probe
@pytest.mark.parametrize("alpha", [-0.1, 1.1])
def test_an_alpha_outside_the_unit_interval_is_refused(probe: Probe, alpha: float) -> None:
    with pytest.raises(ValueError, match=r"alpha: expected a fraction in \[0, 1\]"):
        probe.perturb((step(3, 4),), alpha, Random(0))
