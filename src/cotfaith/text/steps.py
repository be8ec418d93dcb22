"""A chain's text as steps, without loss: ``"".join(split_steps(text)) == text``.

Steps are lines; a chain of one paragraph is split into sentences, and so is a paragraph among lines. What must not be cut (formulas,
tables, code) is one step. Every step keeps the white space behind it, and the heading or list number before it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from cotfaith.text.blocks import split_blocks
from cotfaith.text.sentences import split_sentences
from cotfaith.types import Chain

Segmentation = Literal["found", "lines", "sentences"]

# Alone, a list number, a bullet, "Step 3:", a heading or a rule says nothing: it opens the step behind it.
_MARK = re.compile(r"\s*[*_#>]*\s*(?:(?:step|case|part)\s+\d{1,3}[.:)]?|\(?\d{1,3}[.):]|[-*\u2022\u2013]|[-*_=]{3,})?\s*[*_]*:?\s*", re.IGNORECASE)
# So does a line that announces ("Simplifying, we get:").
_HEADING = re.compile(r"\s*(?:#{1,6}\s[^\n]*|(?:\d{1,3}[.)]\s*)?\*\*[^*\n]{1,80}\*\*:?|[^\n=]{1,200}:[*_]*)\s*")
_LISTED = re.compile(r"\s*(?:[-*\u2022\u2013]\s|\d{1,3}[.)]\s|\(\d{1,3}\)\s|\*\*|#|(?:step|case|part)\s+\d)", re.IGNORECASE)
_PARAGRAPH = 4  # sentences; gold chains of GSM8K write up to three on a line


def split_steps(text: str) -> Chain:
    r"""Lines, or sentences where the text is one paragraph; white space alone is no step.

    >>> split_steps("It costs $1.50. Two cost $3.")
    ('It costs $1.50. ', 'Two cost $3.')
    """
    return _attach(list(_pieces(text)))


def resplit(chain: Chain, by: Segmentation) -> Chain:
    r"""The same text in other steps, lossless: as found, line by line, or sentence by sentence.

    >>> resplit(("One. Two.\n", "Three."), "sentences")
    ('One. ', 'Two.\n', 'Three.')
    """
    if by == "found":
        return chain
    text = "".join(chain)
    return _attach(text.splitlines(keepends=True) if by == "lines" else split_statements(text))


def split_statements(text: str) -> list[str]:
    """Sentences of all lines, formulas and tables whole: the smallest pieces that can state an answer; lossless."""
    return [sentence for block in split_blocks(text) for sentence in ([block.text] if block.solid else split_sentences(block.text))]


def _pieces(text: str) -> Iterator[str]:
    blocks = split_blocks(text)
    alone = sum(bool(block.text.strip()) for block in blocks) == 1
    for block in blocks:
        sentences = [block.text] if block.solid or (not alone and _LISTED.match(block.text)) else split_sentences(block.text)
        yield from sentences if alone or len(sentences) >= _PARAGRAPH else [block.text]


def _attach(pieces: list[str]) -> Chain:
    """A mark or a heading belongs to the step behind it; a blank piece to the one before, where there is one."""
    steps: list[str] = []
    lead: list[str] = []  # joined at once, which keeps thousands of blank lines linear
    for place, piece in enumerate(pieces):
        opens = _MARK.fullmatch(piece) or (place + 1 < len(pieces) and _HEADING.fullmatch(piece))
        if piece.strip() and not opens:
            steps.append("".join(lead) + piece)
            lead = []
        elif piece.strip() or lead or not steps:
            lead.append(piece)
        else:
            steps[-1] += piece
    rest = "".join(lead)
    if steps and rest:
        steps[-1] += rest
    return tuple(steps) or ((rest,) if rest.strip() else ())
