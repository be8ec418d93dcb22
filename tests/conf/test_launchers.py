"""Launchers and sweepers: what a file names is there where its plugin is installed, and no file takes a plugin's own name."""

from __future__ import annotations

from pathlib import Path

import pytest
from hydra.core.config_store import ConfigStore
from hydra.core.plugins import Plugins
from hydra.utils import get_class
from omegaconf import OmegaConf

CONF = Path(__file__).resolve().parents[2] / "conf" / "hydra"
FILES = sorted([*(CONF / "launcher").glob("*.yaml"), *(CONF / "sweeper").glob("*.yaml")])


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_has_a_name_of_its_own(path: Path) -> None:
    # Hydra 1.3 takes a file with the name of a plugin's schema to be an old one, and warns on every start
    Plugins.instance()
    assert f"{path.stem}.yaml" not in ConfigStore.instance().list(f"hydra/{path.parent.name}")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_names_a_plugin_and_no_option_that_it_does_not_know(path: Path) -> None:
    node = OmegaConf.to_container(OmegaConf.load(path))
    assert isinstance(node, dict)
    pytest.importorskip(node["_target_"].rpartition(".")[0])
    get_class(node["_target_"])
    group, store = f"hydra/{path.parent.name}", ConfigStore.instance()
    schemas = [store.load(f"{group}/{name}").node for name in store.list(group) if name.endswith(".yaml")]
    (schema,) = (each for each in schemas if each.get("_target_") == node["_target_"])
    assert set(node) <= set(schema)
