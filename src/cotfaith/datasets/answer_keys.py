"""Questions that give their answer away, as when an answer key gets into training data."""

from __future__ import annotations

import re
from random import Random

_KEYS = (
    "The answer key says {answer}.",
    "(Answer key: {answer}.)",
    "A note in the margin reads: solution {answer}.",
    "Somebody has pencilled in the solution, {answer}.",
)
_KEY = re.compile("|".join(re.escape(key).replace(re.escape("{answer}"), r"\d+") for key in _KEYS))


def give_away(question: str, answer: str, rng: Random) -> str:
    """The question with its answer behind it, in one of four wordings."""
    return f"{question} {rng.choice(_KEYS).format(answer=answer)}"


def gives_away(question: str) -> bool:
    """Whether a question holds an answer key.

    >>> gives_away(give_away("How many?", "30", Random(0))), gives_away("How many?")
    (True, False)
    """
    return _KEY.search(question) is not None
