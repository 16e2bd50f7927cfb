"""Remove Null Rows."""

# Names are Glue's.

from __future__ import annotations

from functools import reduce
from operator import and_
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812
from pyspark.sql.types import ArrayType, MapType, StringType

from bovespa.glue.runtime.columns import column
from bovespa.glue.runtime.frame_methods import flag, method


def null_rows(frame: DataFrame, extended: Any = False) -> DataFrame:
    """Drop rows in which every column is null (or, `extended`, an empty string, array or map)."""
    empty = []
    for field in frame.schema.fields:
        value = column([field.name])
        nothing = value.isNull()
        if flag(extended) and isinstance(field.dataType, StringType):
            nothing = nothing | (F.trim(value) == "")
        if flag(extended) and isinstance(field.dataType, (ArrayType, MapType)):
            nothing = nothing | (F.size(value) == 0)
        empty.append(nothing)
    return frame.where(~reduce(and_, empty))


method("gs_null_rows", null_rows)
