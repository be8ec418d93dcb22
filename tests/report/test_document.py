"""A page in Markdown and in one HTML file."""

from __future__ import annotations

import base64
from pathlib import Path

from cotfaith.report.document import anchor, verbatim, write_document


def html(folder: Path, *parts: str) -> str:
    return write_document(folder, "page", ["# Title", *parts]).read_text()


def test_the_markdown_is_the_parts(tmp_path: Path) -> None:
    html(tmp_path, "one", "two")
    assert (tmp_path / "page.md").read_text() == "# Title\n\none\n\ntwo\n"


def test_a_picture_is_held_in_the_file(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"picture")
    page = html(tmp_path, "![curves](a.png)")
    assert f'src="data:image/png;base64,{base64.b64encode(b"picture").decode()}"' in page
    assert "a.png" not in page


def test_what_a_model_wrote_is_no_markup(tmp_path: Path) -> None:
    page = html(tmp_path, verbatim("<script>x</script>\n```\n*a*"), "and <b>here</b>")
    assert "<script>" not in page
    assert "<b>" not in page
    assert "*a*" in page


def test_a_heading_can_be_linked_to(tmp_path: Path) -> None:
    page = html(tmp_path, "## Most changed: u/1", f"[there](#{anchor('Most changed: u/1')})")
    assert '<h2 id="most-changed-u-1">' in page
    assert '<a href="#most-changed-u-1">' in page


def test_the_page_fetches_nothing(tmp_path: Path) -> None:
    page = html(tmp_path, "text")
    assert "http" not in page
    assert "<link" not in page
