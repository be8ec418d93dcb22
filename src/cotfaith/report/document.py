"""A page in two forms: Markdown to read in a terminal or a repository, and one HTML file that can be sent to somebody.

Knows nothing of what a page says. Every page of the reports is a list of Markdown parts that comes through here.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

_STYLE = """\
body { font: 15px/1.55 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1.5rem; color: #1d2129; }
h1, h2, h3 { line-height: 1.25; } h2 { margin-top: 2.5rem; border-bottom: 1px solid #dde1e7; padding-bottom: .3rem; }
table { border-collapse: collapse; margin: 1rem 0; font-size: .88em; font-variant-numeric: tabular-nums; display: block; overflow-x: auto; }
th, td { padding: .25rem .6rem; border-bottom: 1px solid #dde1e7; vertical-align: top; }
td[style*="right"] { white-space: nowrap; } th { background: #f4f6f8; }
pre { background: #f4f6f8; padding: .7rem 1rem; overflow-x: auto; white-space: pre-wrap; } code { font-size: .92em; }
blockquote { margin: 1rem 0; padding: .1rem 1rem; border-left: 4px solid #c3cad4; } img { max-width: 100%; }"""


def write_document(folder: Path, name: str, parts: Sequence[str]) -> Path:
    """Write NAME.md and NAME.html; pictures that the Markdown names by a path in `folder` are held in the HTML itself.

    parts: Markdown, the first one a heading with the title. HTML in it is shown as text, never taken as markup.
    """
    text = "\n\n".join(parts) + "\n"
    (folder / f"{name}.md").write_text(text)
    page = folder / f"{name}.html"
    title = _escape(parts[0].splitlines()[0].lstrip("# "))
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title><style>{_STYLE}</style>'
    page.write_text(f'<!doctype html>\n<html lang="en"><head>{head}</head><body>\n{_to_html(text, folder)}</body></html>\n')
    return page


def table(columns: Sequence[str], rows: Sequence[Sequence[str]], *, left: int = 1) -> str:
    """A Markdown table, the first `left` columns to the left and the others to the right.

    >>> print(table(["metric", "base"], [["a|b", "0.5"]]))
    | metric | base |
    |:---|---:|
    | a\\|b | 0.5 |
    """
    rule = "|".join([":---"] * left + ["---:"] * (len(columns) - left))
    lines = [" | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in row) for row in [columns, *rows]]
    return "\n".join([f"| {lines[0]} |", f"|{rule}|", *(f"| {line} |" for line in lines[1:])])


def verbatim(text: str) -> str:
    """Text as it is, between fences longer than any that it holds."""
    fence = "`" * max(3, 1 + max(map(len, re.findall(r"`+", text)), default=0))
    return f"{fence}\n{text.rstrip()}\n{fence}"


def anchor(heading: str) -> str:
    """What a link to a heading points at.

    >>> anchor("Ten most changed: u/1")
    'ten-most-changed-u-1'
    """
    return re.sub(r"[^a-z0-9]+", "-", heading.lower()).strip("-")


def _to_html(text: str, folder: Path) -> str:
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    markdown.validateLink = lambda url: True  # type: ignore[method-assign]  # links are ours; the default refuses pictures as data
    tokens = markdown.parse(text)
    for place, token in enumerate(tokens):
        if token.type == "heading_open":
            token.attrSet("id", anchor(tokens[place + 1].content))
        for child in token.children or ():
            _hold(child, folder)
    html: str = markdown.renderer.render(tokens, markdown.options, {})
    return html


def _hold(token: Token, folder: Path) -> None:
    """Put a picture's bytes in place of its path."""
    if token.type == "image" and (picture := folder / str(token.attrs["src"])).is_file():
        token.attrSet("src", f"data:image/png;base64,{base64.b64encode(picture.read_bytes()).decode()}")


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")
