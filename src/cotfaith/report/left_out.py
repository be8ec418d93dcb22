"""What a comparison of two groups of runs leaves out, because only one of them measured it. From metrics.json alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from cotfaith.store import RunStore


def measured_alone(groups: Mapping[str, Sequence[RunStore]]) -> Iterator[str]:
    """ "only a measured mistakes on recall", a line for each dataset, probe and further measure. groups: two, by name.

    What one run of a group lacks counts as not measured by the group: it is not compared either.
    """
    measured = {name: [_measured(run) for run in runs] for name, runs in groups.items()}
    for name, of_runs in measured.items():
        (other,) = (each for each in measured if each != name)
        theirs = set.intersection(*map(set, measured[other]))
        alone = [each for each in dict.fromkeys(each for of_run in of_runs for each in of_run) if each not in theirs]
        for dataset, what in alone:
            if not what:
                yield f"only {name} measured the dataset {dataset}"
            elif (dataset, "") in theirs:  # of a dataset that is missing as a whole its name is enough
                yield f"only {name} measured {what} on {dataset}"


def _measured(run: RunStore) -> list[tuple[str, str]]:
    """(dataset, probe or measure), with "" for the dataset as such; those that can be gated."""
    found: dict[tuple[str, str], None] = {}
    for of_arm in run.metrics().values():
        for dataset, scores in of_arm.items():
            found[dataset, ""] = None
            found |= {(dataset, name): None for name, value in scores.items() if isinstance(value, Mapping) and "gates" in value}
    return list(found)
