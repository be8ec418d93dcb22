"""Does a text go round in circles? Collapsed models do, and their chains must not be measured."""

from __future__ import annotations

_WORDS = 4
_TIMES = 4


def is_degenerate(text: str) -> bool:
    """True where the same four words follow each other four times or more, wherever in the text.

    >>> is_degenerate("so it is five " * 4), is_degenerate("so it is five, so it is six")
    (True, False)
    """
    words = text.split()
    for period in range(1, _WORDS + 1):
        run = 0
        for place in range(period, len(words)):
            run = run + 1 if words[place] == words[place - period] else 0
            if run >= _WORDS * (_TIMES - 1):
                return True
    return False
