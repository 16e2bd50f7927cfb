"""Concatenate Columns."""

# Names are Glue's.
# ruff: noqa: N803

from __future__ import annotations

from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812

from bovespa.glue.runtime.frame_methods import existing, method, names


def concat(
    frame: DataFrame,
    colName: str,
    colList: Any,
    spacer: str = "",
    nullReplacement: str | None = None,
) -> DataFrame:
    """Columns as one string with `spacer` between; nulls are left out, or replaced by what is given."""
    parts = [existing(frame, name).cast("string") for name in names(colList)]
    if nullReplacement is not None:
        parts = [F.coalesce(part, F.lit(nullReplacement)) for part in parts]
    return frame.withColumn(colName, F.concat_ws(spacer or "", *parts))


method("gs_concat", concat)
