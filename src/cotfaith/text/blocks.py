r"""Lines of a text, with what must not be cut kept together: formulas on lines of their own, environments, tables, code.

Lossless. A block that is never closed is no block: its lines are lines.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_FENCE = re.compile(r"\s*(`{3,}|~{3,})")
_BEGIN = re.compile(r"\\begin\{([A-Za-z]+\*?)\}")
_LONGEST = 60  # lines of a formula; an opening bracket whose closing one is further away was a slip


class Block(NamedTuple):
    """Some whole lines of a text."""

    text: str
    solid: bool  # not to be cut inside


def split_blocks(text: str) -> list[Block]:
    r"""The lines of a text, each with its line break; a formula, an environment, a table or fenced code is one block.

    >>> [block.text for block in split_blocks("So\n\\[\nx = 2\n\\]\nDone.")]
    ['So\n', '\\[\nx = 2\n\\]\n', 'Done.']
    """
    lines = re.findall(r"[^\n]*\n|[^\n]+", text)
    blocks: list[Block] = []
    absent: set[str] = set()  # closing marks known to stand nowhere behind, so that each is looked for once
    place = 0
    while place < len(lines):
        end = _end_of_block(lines, place, absent)
        solid = end > place + 1 or _is_formula(lines[place])
        blocks.append(Block("".join(lines[place:end]), solid))
        place = end
    return blocks


def _end_of_block(lines: list[str], place: int, absent: set[str]) -> int:
    """The place behind the last line of the block that opens at `place`."""
    line = lines[place]
    if _is_row(line):
        return next((end for end in range(place, len(lines)) if not _is_row(lines[end])), len(lines))
    fence = _FENCE.match(line)
    mark = fence[1] if fence else _open_mark(line)
    if mark is None or mark in absent or (fence and line.count(mark) > 1):
        return place + 1
    limit = len(lines) if fence else min(len(lines), place + _LONGEST)
    for end in range(place + 1, limit):
        if lines[end].strip() == mark if fence else mark in lines[end]:
            return end + 1
    if limit == len(lines):
        absent.add(mark)
    return place + 1


def _is_row(line: str) -> bool:
    bare = line.strip()
    return len(bare) > 2 and bare[0] == bare[-1] == "|"


def _open_mark(line: str) -> str | None:
    """The mark that closes what this line opens and does not close."""
    if line.rfind("\\[") > line.rfind("\\]"):
        return "\\]"
    if line.count("$$") % 2:
        return "$$"
    begun = _BEGIN.findall(line)
    if begun and f"\\end{{{begun[0]}}}" not in line:
        return f"\\end{{{begun[0]}}}"
    return None


def _is_formula(line: str) -> bool:
    bare = line.strip()
    return bare.startswith(("\\[", "$$", "\\begin{")) and bare.endswith(("\\]", "$$", "}"))
