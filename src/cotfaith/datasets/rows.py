"""Rows of a file: csv, JSON, JSON lines or parquet, each also gzipped. Knows formats, not datasets.

A file that cannot be read raises; a row that cannot be read stays in its place with its `problem`, so that whoever reads the
dataset decides whether to stop or to drop it.
"""

from __future__ import annotations

import csv
import gzip
import html
import io
import json
import re
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow
from pyarrow import parquet

FORMATS = (".csv", ".json", ".jsonl", ".parquet")
_ENTITY = re.compile(r"&(?:#\d+|#[xX][0-9a-fA-F]+|[A-Za-z]\w*);")  # with the semicolon: "R&D" and "&lt" alone are text
_SHOWN = 80  # characters of a value in a message


class RowError(ValueError):
    """What is wrong with one row: a column, what was expected of it and what it holds."""

    def __init__(self, column: str, value: object, expected: str) -> None:
        shown = repr(value)
        self.column, self.expected = column, expected
        self.value = shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}..."
        super().__init__(f"column {column!r}: expected {expected}, found {self.value}")


@dataclass(frozen=True, slots=True)
class Row:
    """One record. number: counts from 1; the line of a JSON-lines file, the record of any other (a header does not count)."""

    number: int
    columns: Mapping[str, object] = field(default_factory=dict)
    problem: RowError | None = None  # the row could not be read; `columns` is empty

    def text(self, column: str) -> str:
        """The cleaned text of a column; numbers are written out.

        Raises:
            RowError: there is no text: the column is missing, blank, or holds a list, an object or a truth value.
        """
        value = self.columns.get(column)
        if isinstance(value, str | int | float) and not isinstance(value, bool) and (text := clean(str(value))):
            return text
        raise RowError(column, value, "text" if column in self.columns else "such a column with text")


def clean(text: str) -> str:
    r"""Without the white space around it, with \n as its only line end and HTML entities as characters.

    >>> clean(" 5 &lt; 6 \r\n")
    '5 < 6'
    """
    plain = _ENTITY.sub(lambda match: html.unescape(match[0]), text)
    return plain.replace("\r\n", "\n").replace("\r", "\n").strip().strip("\ufeff").strip()


def columns_of(rows: Sequence[Row]) -> set[str]:
    """All columns that any row has."""
    return {column for row in rows for column in row.columns}


def read_rows(path: Path, content: bytes) -> list[Row]:
    """The rows of a file by the ending of its name; what is called .json may hold one list or one object per line.

    Raises:
        ValueError: the ending is unknown, or the content is cut off, not UTF-8, not of its format or without rows.
    """
    name = path.name.lower()
    suffix = Path(name.removesuffix(".gz")).suffix
    if suffix not in FORMATS:
        raise ValueError(f"{path}: expected a name that ends with one of {', '.join(FORMATS)} (also with .gz), found {path.name!r}")
    if name.endswith(".gz"):
        content = _unzipped(path, content)
    if suffix == ".parquet":
        rows = _parquet_rows(path, content)
    else:
        text = _decoded(path, content)
        rows = _csv_rows(path, text) if suffix == ".csv" else _json_rows(path, text)
    if not rows:
        raise ValueError(f"{path}: expected rows, found {'none' if content.strip() else 'an empty file'}")
    return rows


def _unzipped(path: Path, content: bytes) -> bytes:
    try:
        return gzip.decompress(content)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise ValueError(f"{path}: expected a whole gzip file, found one that is cut off or damaged ({error})") from error


def _decoded(path: Path, content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ValueError(f"{path}: expected UTF-8, found byte 0x{content[error.start]:02x} on line {line}") from error


def _csv_rows(path: Path, text: str) -> list[Row]:
    try:
        records = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as error:
        raise ValueError(f"{path}: expected comma-separated values, found a damaged file ({error})") from error
    header, *rest = [record for record in records if record] or [[]]
    rows = []
    for number, record in enumerate(rest, 1):
        fits = len(record) == len(header)
        problem = None if fits else RowError("(row)", record, f"{len(header)} fields as in the header")
        rows.append(Row(number, dict(zip(header, record, strict=True)) if fits else {}, problem))
    return rows


def _json_rows(path: Path, text: str) -> list[Row]:
    if text.lstrip().startswith("["):
        try:
            return [_object(number, record) for number, record in enumerate(json.loads(text), 1)]
        except json.JSONDecodeError as error:
            raise ValueError(f"{path}: expected a JSON list, found none: {error}") from error
    # Not splitlines(): JSON allows U+2028 and its like inside a string.
    return [_line(number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]


def _line(number: int, line: str) -> Row:
    try:
        return _object(number, json.loads(line))
    except json.JSONDecodeError as error:
        return Row(number, problem=RowError("(line)", line, f"JSON ({error.msg} at character {error.pos + 1})"))
    except RecursionError:
        return Row(number, problem=RowError("(line)", line, "JSON that is not nested so deeply"))


def _object(number: int, record: object) -> Row:
    if isinstance(record, dict):
        return Row(number, record)
    return Row(number, problem=RowError("(row)", record, "a JSON object"))


def _parquet_rows(path: Path, content: bytes) -> list[Row]:
    try:
        table = parquet.read_table(pyarrow.BufferReader(content))
    except pyarrow.ArrowException as error:
        raise ValueError(f"{path}: expected a parquet file, found none: {error}") from error
    return [Row(number, record) for number, record in enumerate(table.to_pylist(), 1)]
