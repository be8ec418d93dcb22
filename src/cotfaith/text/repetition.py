"""Does a text go round in circles? Collapsed models do, and their chains must not be measured."""

from __future__ import annotations

_LONGEST_PERIOD = 40  # words: a line or two of a chain
_ROUNDS = 3  # more after the first: what is said four times
_REPEATED = 12  # words in a row that each equal the one a period before, at least: of one word three more rounds say little


def is_degenerate(text: str) -> bool:
    """True where up to forty words are said four times in a row, or fewer than four until twelve words have only said again what was said.

    >>> is_degenerate("so it is five " * 4), is_degenerate("so it is five, so it is six")
    (True, False)
    """
    words = text.split()
    for period in range(1, min(_LONGEST_PERIOD, len(words) // (_ROUNDS + 1)) + 1):
        run = 0
        for place in range(period, len(words)):
            run = run + 1 if words[place] == words[place - period] else 0
            if run >= max(_REPEATED, _ROUNDS * period):
                return True
    return False
