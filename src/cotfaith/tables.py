"""Records as parquet files whose columns have the types that their fields are declared with, whatever stands in them.

Knows no particular record: any frozen dataclass of text, numbers, truth values and tuples of them.
"""

from __future__ import annotations

import types
from collections.abc import Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import pyarrow as pa
import pyarrow.parquet as pq

_PLAIN = {str: pa.string(), int: pa.int64(), float: pa.float64(), bool: pa.bool_()}


def write_table(path: Path, kind: type, records: Sequence[Any]) -> None:
    """Write records of one kind, one row each; a file without a row has its columns all the same."""
    hints = get_type_hints(kind)
    schema = pa.schema([(field.name, column_type(hints[field.name])) for field in fields(kind)])
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist([asdict(record) for record in records], schema), path)


def column_type(hint: Any) -> pa.DataType:
    """The type of a column from that of a field; None may stand in every one.

    Raises:
        TypeError: a type that no column has here.

    >>> column_type(tuple[str | None, ...])
    ListType(list<item: string>)
    """
    origin, inner = get_origin(hint), [part for part in get_args(hint) if part not in (type(None), Ellipsis)]
    if hint in _PLAIN:
        return _PLAIN[hint]
    if origin is Literal:
        return pa.string()
    if origin in (Union, types.UnionType) and len(inner) == 1:
        return column_type(inner[0])
    if origin is tuple and len(inner) == 1:
        return pa.list_(column_type(inner[0]))
    raise TypeError(f"a field of type {hint}: expected text, a number, a truth value or a tuple of one of them")
