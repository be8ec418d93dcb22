"""Does a text go round in circles? Collapsed models do, and their chains must not be measured."""

from __future__ import annotations

_LONGEST_PERIOD = 4  # words
_REPEATED = 12  # words in a row that each equal the one a period before: three more rounds of four words, twelve of one


def is_degenerate(text: str) -> bool:
    """True where up to four words repeat until twelve words in a row have only said again what was said.

    >>> is_degenerate("so it is five " * 4), is_degenerate("so it is five, so it is six")
    (True, False)
    """
    words = text.split()
    for period in range(1, _LONGEST_PERIOD + 1):
        run = 0
        for place in range(period, len(words)):
            run = run + 1 if words[place] == words[place - period] else 0
            if run >= _REPEATED:
                return True
    return False
