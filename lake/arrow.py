"""A table's columns as a pyarrow schema, for what writes and reads its files."""

from __future__ import annotations

import re
from collections.abc import Iterable

import pyarrow as pa

from lake.tables.column import Column

_TYPES = {
    "string": pa.string(),
    "bigint": pa.int64(),
    "int": pa.int32(),
    "date": pa.date32(),
    "boolean": pa.bool_(),
    "double": pa.float64(),
    "timestamp": pa.timestamp("us", tz="UTC"),  # Spark can't read nanoseconds
}
_DECIMAL = re.compile(r"decimal\((\d+),\s*(\d+)\)")


def arrow_type(hive_type: str) -> pa.DataType:
    """The pyarrow type of a Hive type.

    Raises:
        KeyError: no table of the lake has such a type.
    """
    if decimal := _DECIMAL.fullmatch(hive_type):
        return pa.decimal128(int(decimal[1]), int(decimal[2]))
    return _TYPES[hive_type]


def schema_of(columns: Iterable[Column]) -> pa.Schema:
    """The columns as a schema, with what may be null."""
    return pa.schema([pa.field(each.name, arrow_type(each.type), nullable=each.nullable) for each in columns])
