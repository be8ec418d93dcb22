"""Lettered options: from the columns of a row to choices and the letter of the right one."""

from __future__ import annotations

from collections.abc import Sequence

from cotfaith.datasets.rows import Row, RowError
from cotfaith.datasets.splits import content_uid, plain
from cotfaith.types import MOST_CHOICES, Chain, Example


def choice_example(name: str, question: str, options: Sequence[tuple[str, str]], gold: int, chain: Chain | None = None) -> Example:
    """The example of a question with options.

    options: (column, text) from the first to the last. gold: place of the right one, from 0.

    Raises:
        RowError: another option reads like the right one: two letters would be right. Other twins do no harm. Or there are too few or many.
    """
    if not 2 <= len(options) <= MOST_CHOICES:
        raise RowError(options[0][0].split(".")[0], [text for _, text in options], f"2 to {MOST_CHOICES} options")
    texts = [text for _, text in options]
    column, right = options[gold]
    if [plain(text) for text in texts].count(plain(right)) > 1:
        raise RowError(column, right, "a right option that no other one repeats")
    return Example(content_uid(name, question, texts), question, chr(ord("A") + gold), chain, tuple(texts))


def label(row: Row, column: str, first: int, count: int) -> int:
    """The place, from 0, that a label column names among `count` options when it counts from `first`.

    Raises:
        RowError: it holds no such number; -1 is how hidden test sets say that they have no labels.
    """
    value = row.columns.get(column)
    text = whole(value)
    places = {str(first + place): place for place in range(count)}
    if isinstance(value, bool) or text not in places:
        hidden = " (-1 or nothing: a test set without labels)" if text in ("-1", "", "None") else ""
        raise RowError(column, value, f"a label from {first} to {first + count - 1}{hidden}")
    return places[text]


def whole(value: object) -> str:
    """A label as text: "1" of 1, of "1" and of 1.0, which a column with gaps makes of it."""
    return str(value).strip().removesuffix(".0")
