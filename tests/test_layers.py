"""The house in layers: what each module may import, read from its source."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "src" / "cotfaith"
LAYERS = (
    {"types"},
    {"text", "tables", "memory", "silence", "alone"},
    {"probes", "datasets", "metrics"},
    {"models", "engine", "store", "analysis", "identity"},
    {"training", "manifest", "studies", "cells", "trained", "chosen", "options"},
    {"callbacks", "report"},
    {"session", "life", "finished"},
    {"wiring", "planning"},
    {"run", "trial", "ending"},
    {"sweeping", "exporting"},
    {"train", "evaluate", "embedded", "export", "board"},  # embedded: the commands that make and measure the embedded model
)
LAYER = {name: place for place, names in enumerate(LAYERS) for name in names}
ENTRIES = [ROOT / "train.py", ROOT / "evaluate.py"]
MODULES = sorted(PACKAGE.rglob("*.py"))
SOURCES = MODULES + ENTRIES
COMMANDS = [PACKAGE / "models" / "embedded" / name for name in ("pretrain.py", "card.py")]


def name_of(path: Path) -> str:
    """The part of the house a file belongs to: a package, or a module of its own."""
    if path in COMMANDS:
        return "embedded"
    return path.stem if path in ENTRIES else path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(tree: ast.AST) -> Iterator[str]:
    """Full names of all modules that are imported, inside functions too; a relative import comes with its dots."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            yield from (f"cotfaith.{alias.name}" for alias in node.names) if module == "cotfaith" else (module,)


def parts(tree: ast.AST) -> set[str]:
    """The parts of our own house among the imports."""
    return {module.split(".")[1] for module in imports(tree) if module.startswith("cotfaith.")}


def breaches(importer: str, tree: ast.AST) -> set[str]:
    """The parts that `importer` imports and must not."""
    allowed = {name for name in LAYER if name == importer or LAYER[name] < LAYER[importer]}
    return parts(tree) - allowed


def importers(*packages: str) -> set[str]:
    """The files that import one of these packages, as paths from the root."""
    return {str(path.relative_to(ROOT)) for path in SOURCES if {module.split(".")[0] for module in imports(parse(path))} & set(packages)}


def parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), str(path))


every_source = pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))


def test_every_part_of_the_house_has_a_layer() -> None:
    assert {name_of(path) for path in SOURCES} - {"__init__"} == set(LAYER)


@every_source
def test_a_module_imports_only_from_lower_layers_and_its_own_part(path: Path) -> None:
    assert name_of(path) == "__init__" or breaches(name_of(path), parse(path)) == set()


@pytest.mark.parametrize(
    ("importer", "source", "found"),
    [
        ("text", "def f():\n    from cotfaith.models.base import BaseModel", {"models"}),
        ("report", "from cotfaith.callbacks.keys import key", {"callbacks"}),
        ("callbacks", "import cotfaith.report.page", {"report"}),
        ("probes", "from cotfaith import metrics", {"metrics"}),
        ("store", "from cotfaith.analysis.gates import Gates", {"analysis"}),
        ("manifest", "from cotfaith.models.build import footprint", set()),
        ("models", "from cotfaith.manifest import make_manifest", {"manifest"}),
        ("run", "from cotfaith.text.steps import split_steps\nfrom cotfaith.report.page import write_report", set()),
        ("text", "from cotfaith.nowhere import x", {"nowhere"}),
    ],
)
def test_a_breach_is_found(importer: str, source: str, found: set[str]) -> None:
    assert breaches(importer, ast.parse(source)) == found


@every_source
def test_imports_name_their_module_in_full(path: Path) -> None:
    assert [module for module in imports(parse(path)) if module.startswith(".")] == []


def test_only_these_know_hydra() -> None:
    inside = ("run", "wiring", "chosen", "trained", "trial", "sweeping", "ending")
    assert importers("hydra", "omegaconf") == {f"src/cotfaith/{name}.py" for name in inside} | {
        "train.py",
        "evaluate.py",
    }


def test_only_the_board_knows_wandb() -> None:
    assert importers("wandb") == {"src/cotfaith/callbacks/wandb_board.py"}
    assert importers("wandb_workspaces") == {"src/cotfaith/board.py"}


@pytest.mark.parametrize("path", ENTRIES, ids=lambda path: path.name)
def test_an_entry_imports_nothing_heavy_at_its_top(path: Path) -> None:
    top = {module.split(".")[0] for node in parse(path).body if isinstance(node, ast.Import | ast.ImportFrom) for module in imports(node)}
    assert top <= {"__future__", "hydra", "omegaconf"}


def test_every_init_is_empty() -> None:
    assert [str(path) for path in MODULES if path.name == "__init__.py" and path.read_text()] == []


def test_every_package_has_an_init() -> None:
    assert {path.parent for path in MODULES} == {path.parent for path in MODULES if path.name == "__init__.py"}


@every_source
def test_nothing_prints(path: Path) -> None:
    names = [node.func for node in ast.walk(parse(path)) if isinstance(node, ast.Call)]
    assert [name.lineno for name in names if isinstance(name, ast.Name) and name.id == "print"] == []
