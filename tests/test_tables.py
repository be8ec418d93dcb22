from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cotfaith.tables import column_type, write_table


@dataclass(frozen=True, slots=True)
class Record:
    uid: str
    arm: Literal["base", "tuned"]
    answer: str | None
    kept: tuple[int, ...]
    flips: bool


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    write_table(tmp_path / "deep" / "x.parquet", Record, [Record("u", "base", None, (0, 2), True)])
    assert pq.read_table(tmp_path / "deep" / "x.parquet").to_pylist() == [{"uid": "u", "arm": "base", "answer": None, "kept": [0, 2], "flips": True}]


def test_a_column_has_its_type_whatever_stands_in_it(tmp_path: Path) -> None:
    write_table(tmp_path / "none.parquet", Record, [])
    write_table(tmp_path / "nothing.parquet", Record, [Record("u", "base", None, (), True)])
    expected = [pa.string(), pa.string(), pa.string(), pa.list_(pa.int64()), pa.bool_()]
    assert [[field.type for field in pq.read_schema(tmp_path / f"{name}.parquet")] for name in ("none", "nothing")] == [expected] * 2


@pytest.mark.parametrize("hint", [dict[str, int], object, int | str, tuple[int, str]])
def test_a_type_that_no_column_has_is_refused(hint: object) -> None:
    with pytest.raises(TypeError, match="expected text, a number"):
        column_type(hint)
