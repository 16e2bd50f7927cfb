"""Columns that no record has a value for.

In Glue a field's type comes from the records, so one that is null in every record has the type null (Developer Guide,
"DropNullFields class").
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812
from pyspark.sql.types import NullType, StructType

from bovespa.glue.runtime.columns import column, drop_fields
from bovespa.glue.runtime.errors import RuntimeFailure

SWITCH = "GLUE_LOCAL_ALL_NULL"
VOID, MISSING = "void", "missing"

Path = tuple[str, ...]


def handed_over(frame: DataFrame) -> DataFrame:
    """The frame as `toDF` gives it, by the environment's GLUE_LOCAL_ALL_NULL: `void`, `missing`, or unset.

    Raises:
        RuntimeFailure: the variable has another value.
    """
    wanted = os.environ.get(SWITCH, "")
    if not wanted:
        return frame
    if wanted not in (VOID, MISSING):
        raise RuntimeFailure(f"{SWITCH} is {wanted!r}, known are {VOID} and {MISSING}")
    if wanted == VOID:
        return as_void(frame)
    return drop_fields(frame, [".".join(f"`{part}`" for part in path) for path in empty_fields(frame)])


def as_void(frame: DataFrame) -> DataFrame:
    """The frame with fields that are null in every row in Spark's void type; those of structs too."""
    for name, *inner in empty_fields(frame):
        value = F.lit(None) if not inner else _with_void(column([name]), inner)
        frame = frame.withColumn(name, value)
    return frame


def empty_fields(frame: DataFrame) -> list[Path]:
    """The fields (of structs too, but not of arrays) that are null in every row; none where there is no row."""
    leaves = list(_leaves(frame.schema, ()))
    if not leaves:
        return []
    counts: list[Column] = [F.count(column(path)).alias(str(index)) for index, path in enumerate(leaves)]
    found: Any = frame.agg(F.count(F.lit(1)).alias("rows"), *counts).first()
    if not found["rows"]:
        return []
    return [path for index, path in enumerate(leaves) if not found[str(index)]]


def _leaves(schema: StructType, before: Path) -> Iterator[Path]:
    for field in schema.fields:
        if isinstance(field.dataType, StructType) and field.dataType.fields:
            yield from _leaves(field.dataType, (*before, field.name))
        elif not isinstance(field.dataType, NullType):
            yield (*before, field.name)


def _with_void(struct: Column, path: Sequence[str]) -> Column:
    return struct.withField(".".join(f"`{part}`" for part in path), F.lit(None))
