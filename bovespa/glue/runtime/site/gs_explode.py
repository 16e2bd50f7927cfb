"""Explode Array Or Map Into Rows."""

# Names are Glue's.
# ruff: noqa: N803

from __future__ import annotations

from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812
from pyspark.sql.types import MapType

from bovespa.glue.runtime.frame_methods import existing, flag, method, plain


def explode(
    frame: DataFrame,
    colName: str,
    newCol: str | None = None,
    outer: Any = False,
) -> DataFrame:
    """A row for every element; of a map, as a struct of key and value. `outer` keeps rows without any."""
    source, target = existing(frame, colName), plain(newCol or colName)
    if isinstance(frame.select(source.alias("it")).schema["it"].dataType, MapType):
        source = F.map_entries(source)
    return frame.withColumn(target, F.explode_outer(source) if flag(outer) else F.explode(source))


method("gs_explode", explode)
