"""What a comparison of two groups of runs leaves out, because not every run measured it. From metrics.json alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from cotfaith.store import RunStore


def measured_alone(groups: Mapping[str, Sequence[RunStore]]) -> Iterator[str]:
    """ "only a measured mistakes on recall", a line for each dataset, probe and further measure. groups: two, by name.

    What some runs of a group lack is left out too: "not every run of a measured mistakes on recall".
    """
    measured = {name: [_measured(run) for run in runs] for name, runs in groups.items()}
    ever = list(dict.fromkeys(each for of_runs in measured.values() for of_run in of_runs for each in of_run))
    for dataset, what in ever:
        having = {name: sum((dataset, what) in of_run for of_run in of_runs) for name, of_runs in measured.items()}
        whole = all((dataset, "") in of_run for of_runs in measured.values() for of_run in of_runs)
        if what and not whole:  # of a dataset that is missing its name is enough
            continue
        thing = f"{what} on {dataset}" if what else f"the dataset {dataset}"
        some = [name for name, count in having.items() if 0 < count < len(groups[name])]
        alone = [name for name, count in having.items() if count] if 0 in having.values() else []
        if alone:
            yield f"only {alone[0]} measured {thing}" + (" (not in every run)" if some else "")
        elif some:
            yield f"not every run of {' and of '.join(some)} measured {thing}"


def _measured(run: RunStore) -> list[tuple[str, str]]:
    """(dataset, probe or measure), with "" for the dataset as such; those that can be gated."""
    found: dict[tuple[str, str], None] = {}
    for of_arm in run.metrics().values():
        for dataset, scores in of_arm.items():
            found[dataset, ""] = None
            found |= {(dataset, name): None for name, value in scores.items() if isinstance(value, Mapping) and "gates" in value}
    return list(found)
