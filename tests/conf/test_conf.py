"""The configuration: every file says what it is, every choice composes, every node fits what it names.

A `_partial_` node accepts a misspelt key until it is called, in the middle of a run; here its keys meet the signature.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hydra import compose, initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from hydra.errors import ConfigCompositionException, MissingConfigException
from hydra.utils import get_object, instantiate
from omegaconf import OmegaConf

from cotfaith.models.embedded.prompts import PROMPTS

CONF = Path(__file__).resolve().parents[2] / "conf"
FILES = sorted(CONF.rglob("*.yaml"))
RESERVED = {"_target_", "_partial_", "_convert_", "_recursive_", "_args_"}
ENTRIES = ("train", "evaluate")


def defaults(entry: str) -> dict[str, Any]:
    """The groups that an entry chooses from, with what it chooses: an option, a list of them, or None."""
    chosen = [node for node in OmegaConf.to_container(OmegaConf.load(CONF / f"{entry}.yaml"))["defaults"] if isinstance(node, dict)]
    return {group.removeprefix("optional "): option for node in chosen for group, option in node.items() if not group.startswith("override ")}


def options(entry: str) -> set[tuple[str, str]]:
    """(group, option) of all that an entry can choose."""
    return {(group, path.stem) for group in defaults(entry) for path in (CONF / group).glob("*.yaml")}


def is_default(entry: str, group: str, option: str) -> bool:
    chosen = defaults(entry)[group]
    return option in chosen if isinstance(chosen, list) else option == chosen


def others() -> list[tuple[str, str]]:
    """(entry, override) for every option that an entry does not choose by itself."""
    found = [(entry, group, option) for entry in ENTRIES for group, option in sorted(options(entry))]
    others = [(entry, group, option) for entry, group, option in found if not is_default(entry, group, option)]
    return [(entry, f"{group}=[{option}]" if isinstance(defaults(entry)[group], list) else f"{group}={option}") for entry, group, option in others]


@cache
def composed(entry: str, *overrides: str) -> Any:
    """The resolved configuration as plain lists and dicts; what the user must fill in stays "???"."""
    GlobalHydra.instance().clear()
    with initialize_config_dir(str(CONF), version_base="1.3"):
        cfg = compose(entry, ["run_dir=/tmp/run", *overrides])
    return OmegaConf.to_container(cfg, resolve=True)


def nodes(config: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every node with a `_target_`, with its place."""
    entries = config.items() if isinstance(config, dict) else enumerate(config) if isinstance(config, list) else ()
    if isinstance(config, dict) and "_target_" in config:
        yield path, config
    for key, entry in entries:
        yield from nodes(entry, f"{path}.{key}".lstrip("."))


@cache
def signature(target: str) -> inspect.Signature:
    found: Callable[..., Any] = get_object(target)
    return inspect.signature(found)


def misfit(node: dict[str, Any]) -> str | None:
    """Why the keys of a node do not fit the signature of its target, or None. `**kwargs` counts for nothing."""
    expected = signature(node["_target_"])
    keys = {key: value for key, value in node.items() if key not in RESERVED}
    unknown = set(keys) - {name for name, p in expected.parameters.items() if p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)}
    if unknown:
        return f"{node['_target_']} takes no {sorted(unknown)}"
    try:
        (expected.bind_partial if node.get("_partial_") else expected.bind)(*node.get("_args_", ()), **keys)
    except TypeError as error:
        return f"{node['_target_']}: {error}"
    return None


def misfits(entry: str, *overrides: str) -> list[str]:
    found = [(place, misfit(node)) for place, node in nodes(composed(entry, *overrides))]
    return [f"{place}: {reason}" for place, reason in found if reason]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(CONF)))
def test_a_file_opens_with_what_it_is(path: Path) -> None:
    lines = [line for line in path.read_text().splitlines() if not line.startswith("# @package")]
    assert lines[0].startswith("# ")
    assert len(lines[0]) > 6


@pytest.mark.parametrize("entry", ENTRIES)
def test_an_entry_composes_and_its_nodes_fit(entry: str) -> None:
    assert misfits(entry) == []


@pytest.mark.parametrize(("entry", "override"), others())
def test_every_other_option_composes_and_its_nodes_fit(entry: str, override: str) -> None:
    assert misfits(entry, override) == []


def test_every_file_is_an_option_of_some_entry() -> None:
    chosen = {CONF / group / f"{option}.yaml" for entry in ENTRIES for group, option in options(entry)}
    assert set(FILES) - chosen - {CONF / f"{entry}.yaml" for entry in (*ENTRIES, "shared")} == set((CONF / "hydra").rglob("*.yaml"))


@pytest.mark.parametrize(
    ("override", "reason"),
    [
        ("+optimizer.learning_rate=1", "optimizer: cotfaith.training.optimizers.adamw takes no ['learning_rate']"),  # partial
        ("+gates.contrl=1", "gates: cotfaith.analysis.gates.Gates takes no ['contrl']"),
        ("+paraphraser.bank=x", "paraphraser: cotfaith.engine.rewriters.by_rules takes no ['bank']"),
        ("~gates.control", "gates: cotfaith.analysis.gates.Gates: missing a required argument: 'control'"),
        ("+probe.filler.tokens=x", "probe.filler: cotfaith.probes.filler.FillerSubstitution takes no ['tokens']"),
        ("+logger.tensorboard.nmae=x", "logger.tensorboard: lightning.pytorch.loggers.TensorBoardLogger takes no ['nmae']"),  # has **kwargs
    ],
)
def test_a_wrong_key_is_found(override: str, reason: str) -> None:
    assert misfits("train", "logger=tensorboard", override) == [reason]


@pytest.mark.parametrize("entry", ENTRIES)
def test_no_option_of_the_default_choice_is_left_to_the_user(entry: str) -> None:
    assert "???" not in str(composed(entry))


def test_only_constructors_and_functions_of_known_packages_are_named() -> None:
    targets = {node["_target_"].split(".")[0] for entry in ENTRIES for _, node in nodes(composed(entry))}
    assert targets <= {"cotfaith", "lightning", "torch", "hydra"}


def test_the_prompt_is_the_one_the_embedded_model_was_trained_with() -> None:
    assert instantiate(composed("train")["prompt"]) == PROMPTS


def test_a_recipe_goes_with_its_model_and_below_what_the_user_says() -> None:
    embedded, local, chosen = (composed("train", *overrides) for overrides in ((), ("model=local", "model.path=x"), ("optimizer.lr=1",)))
    assert [cfg["optimizer"]["lr"] for cfg in (embedded, local, chosen)] == [6e-3, 2e-4, 1]


@pytest.mark.parametrize("override", ["model=nowhere", "probe=[filler,nowhere]", "experiment=nowhere"])
def test_an_unknown_option_is_refused(override: str) -> None:
    with pytest.raises(MissingConfigException, match="nowhere"):
        composed("train", override)


@pytest.mark.parametrize("override", ["lora.rank=8", "sed=1", "dataset.size=3", "nowhere=default"])
def test_an_unknown_key_is_refused(override: str) -> None:
    with pytest.raises(ConfigCompositionException, match="Could not override"):
        composed("train", override)
