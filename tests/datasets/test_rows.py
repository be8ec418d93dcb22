"""Files to rows: every format, and what is wrong with a file or a row, by its place."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pyarrow
import pytest
from pyarrow import parquet

from cotfaith.datasets.rows import Row, RowError, clean, read_rows

RECORDS = [{"a": "1", "b": "x"}, {"a": "2", "b": "y,\nz"}]
LINES = "".join(f"{json.dumps(record)}\n" for record in RECORDS)
CSV = 'a,b\n1,x\n2,"y,\nz"\n'


def rows(name: str, content: bytes | str) -> list[Row]:
    return read_rows(Path(name), content.encode() if isinstance(content, str) else content)


def parquet_bytes() -> bytes:
    sink = pyarrow.BufferOutputStream()
    parquet.write_table(pyarrow.Table.from_pylist(RECORDS), sink)
    return sink.getvalue().to_pybytes()


FORMATS: list[tuple[str, Callable[[], bytes]]] = [
    ("x.jsonl", LINES.encode),
    ("x.json", LINES.encode),  # JSON lines by another name
    ("x.json", lambda: json.dumps(RECORDS, indent=1).encode()),
    ("x.csv", CSV.encode),
    ("x.csv", CSV.replace("\n", "\r\n").replace("y,\r\n", "y,\n").encode),
    ("x.CSV", lambda: b"\xef\xbb\xbf" + CSV.encode()),  # a byte order mark
    ("x.jsonl", lambda: b"\xef\xbb\xbf" + LINES.replace("\n", "\r\n\r\n").encode()),
    ("x.parquet", parquet_bytes),
    ("x.jsonl.gz", lambda: gzip.compress(LINES.encode())),
    ("x.csv.gz", lambda: gzip.compress(CSV.encode())),
    ("x.parquet.gz", lambda: gzip.compress(parquet_bytes())),
]


@pytest.mark.parametrize(("name", "content"), FORMATS)
def test_every_format_gives_the_same_rows(name: str, content: Callable[[], bytes]) -> None:
    assert [row.columns for row in rows(name, content())] == RECORDS


def test_a_row_of_json_lines_is_numbered_by_its_line() -> None:
    assert [row.number for row in rows("x.jsonl", '\n{"a": 1}\n\n{"a": 2}')] == [2, 4]


def test_a_row_of_csv_is_numbered_by_its_record_without_the_header() -> None:
    assert [row.number for row in rows("x.csv", CSV)] == [1, 2]


def test_a_line_separator_inside_a_string_ends_no_line() -> None:
    assert [row.columns for row in rows("x.jsonl", '{"a": "x\u2028y"}\n')] == [{"a": "x\u2028y"}]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("x.txt", b"a", r"x\.txt: expected a name that ends with one of \.csv, \.json, \.jsonl, \.parquet"),
        ("x.jsonl", b"", r"x\.jsonl: expected rows, found an empty file"),
        ("x.jsonl", b" \n\n", r"x\.jsonl: expected rows, found an empty file"),
        ("x.csv", b"a,b\n", r"x\.csv: expected rows, found none"),
        ("x.json", b"[]", r"x\.json: expected rows, found none"),
        ("x.jsonl.gz", gzip.compress(LINES.encode(), mtime=0)[:-12], r"x\.jsonl\.gz: expected a whole gzip file, found one that is cut off"),
        ("x.jsonl.gz", LINES.encode(), r"x\.jsonl\.gz: expected a whole gzip file, found .* damaged \(Not a gzipped file"),
        ("x.jsonl", b'{"a": "x"}\n{"a": "caf\xe9"}\n', r"x\.jsonl: expected UTF-8, found byte 0xe9 on line 2"),
        ("x.json", b'[{"a": 1},', r"x\.json: expected a JSON list, found none: .*line 1"),
        ("x.csv", b'a,b\n1,"x\n', r"x\.csv: expected comma-separated values, found a damaged file"),
        ("x.parquet", b"PAR1", r"x\.parquet: expected a parquet file, found none"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_by_name(name: str, content: bytes, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        rows(name, content)


@pytest.mark.parametrize(
    ("name", "content", "number", "problem"),
    [
        ("x.jsonl", '{"a": 1}\n{"a": 2', 2, r"column '\(line\)': expected JSON \(Expecting ',' delimiter at character 8\), found '\{\"a\": 2'"),
        ("x.jsonl", '{"a": 1}\n[1]', 2, r"column '\(row\)': expected a JSON object, found \[1\]"),
        ("x.csv", "a,b\n1,x\n2\n", 2, r"column '\(row\)': expected 2 fields as in the header, found \['2'\]"),
    ],
)
def test_a_row_that_cannot_be_read_stays_in_its_place_with_the_reason(name: str, content: str, number: int, problem: str) -> None:
    first, bad = rows(name, content)
    assert (first.problem, bad.number) == (None, number)
    with pytest.raises(RowError, match=problem):
        raise bad.problem or AssertionError


@pytest.mark.parametrize("value", [None, "", " \n", [], {}, True])
def test_what_is_no_text_is_refused(value: object) -> None:
    with pytest.raises(RowError, match="column 'a': expected text, found"):
        Row(1, {"a": value}).text("a")


def test_a_missing_column_is_no_text() -> None:
    with pytest.raises(RowError, match="column 'a': expected such a column with text, found None"):
        Row(1, {}).text("a")


def test_a_number_is_text() -> None:
    assert Row(1, {"a": 12}).text("a") == "12"


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("  a \r\n b \r", "a \n b"),
        ("5 &lt; 6 &amp; 7&#39;s &#xB5;g", "5 < 6 & 7's \u00b5g"),
        ("R&D; &nonsense; &lt 5", "R&D; &nonsense; &lt 5"),  # no entities
        ("\ufeffa\u00a0", "a"),
    ],
)
def test_text_is_cleaned(raw: str, text: str) -> None:
    assert clean(raw) == text


def test_a_long_value_is_shortened_in_the_message() -> None:
    assert len(str(RowError("a", "x" * 1000, "less"))) < 150
