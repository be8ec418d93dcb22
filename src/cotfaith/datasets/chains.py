r"""Gold chains as the rest of the house has them: a step is a line and keeps its newline."""

from __future__ import annotations

from collections.abc import Iterable

from cotfaith.types import Chain


def as_chain(steps: Iterable[str]) -> Chain:
    r"""One line per step that says anything.

    >>> as_chain(["5 - 2 = 3. ", " ", "So 3\nare left."])
    ('5 - 2 = 3.\n', 'So 3 are left.\n')
    """
    return tuple(f"{line}\n" for step in steps if (line := " ".join(step.split())))
