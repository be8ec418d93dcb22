"""Lettered options: from the columns of a row to choices and the letter of the right one."""

from __future__ import annotations

from collections.abc import Sequence

from cotfaith.datasets.rows import Row, RowError
from cotfaith.datasets.splits import content_uid, plain
from cotfaith.types import Chain, Example


def choice_example(name: str, question: str, options: Sequence[tuple[str, str]], gold: int, chain: Chain = ()) -> Example:
    """The example of a question with options.

    options: (column, text) from the first to the last. gold: place of the right one, from 0.

    Raises:
        RowError: another option reads like the right one: two letters would be right. Other twins do no harm.
    """
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
    text = str(value).strip()
    places = {str(first + place): place for place in range(count)}
    if isinstance(value, bool) or text not in places:
        hidden = " (-1 or nothing: a test set without labels)" if text in ("-1", "", "None") else ""
        raise RowError(column, value, f"a label from {first} to {first + count - 1}{hidden}")
    return places[text]
