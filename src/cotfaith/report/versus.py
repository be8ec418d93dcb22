"""Runs against runs, from their folders alone: which arms are held against each other, and the page that comes of it."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from itertools import combinations
from pathlib import Path

from cotfaith.report.certainty import Certainty, certainties
from cotfaith.report.certainty_table import as_json, markdown
from cotfaith.report.comparable import check_comparable, check_seeds, named_differences, shared_datasets
from cotfaith.report.document import write_document
from cotfaith.report.left_out import measured_alone
from cotfaith.report.sides import Side
from cotfaith.store import RunStore
from cotfaith.types import Arm

log = logging.getLogger(__name__)

Groups = dict[str, list[RunStore]]
"""By name, the runs of one model: one, or one for each seed. The first is what the others are held against."""


def groups_of(named: object) -> Groups:
    """What `compare=` names: ``[RUN_A, RUN_B]``, or ``{a: [A_0, A_1], b: [B_0, B_1]}`` where there are several seeds.

    Raises:
        ValueError: fewer than two groups, one without a run, or a run named twice.
        FileNotFoundError: a folder holds no finished run.
    """
    groups = list(named.values()) if isinstance(named, Mapping) else named if isinstance(named, list) else []
    lists = [[str(folder) for folder in runs] if isinstance(runs, list) else [str(runs)] for runs in groups]
    if len(lists) < 2 or not all(lists):
        raise ValueError(f"compare: expected two runs or more, [RUN_A,RUN_B] or {{a: [RUN_A], b: [RUN_B]}}, got {named}")
    folders = [folder for runs in lists for folder in runs]
    twice = [a for a, b in combinations(folders, 2) if Path(a).resolve() == Path(b).resolve()]
    if twice:
        raise ValueError(f"compare: expected different runs, got {twice[0]} twice")
    for folder in folders:
        missing = [name for name in ("metrics.json", "manifest.json", "records") if not (Path(folder) / name).exists()]
        if missing:
            raise FileNotFoundError(f"compare: {folder}: expected the folder of a finished run, found no {' and no '.join(missing)} in it")
    names = [str(name) for name in named] if isinstance(named, Mapping) else _names([runs[0] for runs in lists])
    return {name: [RunStore(Path(folder)) for folder in runs] for name, runs in zip(names, lists, strict=True)}


def compare_runs(groups: Groups, store: RunStore) -> list[Certainty]:
    """Hold every group against the first, leave comparison.md, .html and .json in the folder of `store`; the tables are for the terminal.

    Raises:
        ValueError: runs that do not share examples, prompts or decoding, or seeds of one group that differ in more than that.
    """
    runs = [run for group in groups.values() for run in group]
    check_comparable(runs)
    for name, group in groups.items():
        check_seeds(name, group)
    least = max(run.manifest()["gates"]["rollouts"] for run in runs)
    tables = [
        table
        for dataset in shared_datasets(runs)
        for pairs in (_pairs(groups, arm) for arm in ("tuned", "base"))
        if pairs
        for table in certainties(pairs, dataset, least)
    ]
    differ = _differ(groups)
    for line in differ:
        log.info("%s", line)
    settings = [f"- {name}: {', '.join(str(run.folder) for run in group)}" for name, group in groups.items()]
    parts = [f"# {' against '.join(groups)}", "\n".join([*settings, *(f"- {line}" for line in differ)]), *markdown(tables)]
    compared = {name: [str(run.folder) for run in group] for name, group in groups.items()}
    store.put_comparison({"runs": compared, "differ": differ} | as_json(tables))
    write_document(store.folder, "comparison", parts)
    return tables


def _names(folders: Sequence[str]) -> list[str]:
    """Folders without what they share at the front."""
    paths = [Path(folder).resolve().parts for folder in folders]
    front = 0
    while all(len(parts) > front + 1 for parts in paths) and len({parts[front] for parts in paths}) == 1:
        front += 1
    return ["/".join(parts[front:]) for parts in paths]


def _pairs(groups: Groups, arm: Arm) -> list[tuple[Side, Side]]:
    """The pairs of one table, the first group in each.

    Arm "tuned": tuned with tuned; a run without a tuned arm is there with its base. Arm "base": the bases, where they are not one and
    the same, unless the other table has just them.
    """
    names = list(groups)
    sides = {name: _side(name, tuple(groups[name]), arm) for name in names}
    pairs = [(sides[names[0]], sides[name]) for name in names[1:]]
    if arm == "tuned":
        return pairs
    tuned = [all("tuned" in run.metrics() for run in groups[name]) for name in names]
    return [pair for pair, has in zip(pairs, tuned[1:], strict=True) if (tuned[0] or has) and _other_base(*pair)]


def _side(name: str, runs: tuple[RunStore, ...], arm: Arm) -> Side:
    found: Arm = arm if all(arm in run.metrics() for run in runs) else "base"
    return Side(f"{name} ({found})", found, runs)


def _other_base(first: Side, second: Side) -> bool:
    return len({run.manifest()["base_hash"] for side in (first, second) for run in side.runs}) > 1


def _differ(groups: Groups) -> list[str]:
    """What the first run of each group differs in from the first of all, besides the weights of its adapter, and what only one of them measured."""
    (reference, runs), *others = groups.items()
    told = [f"{reference} and {name} differ in {line}" for name, group in others for line in named_differences(runs[0], group[0])]
    return [*told, *(line for name, group in others for line in measured_alone({reference: runs, name: group}))]
