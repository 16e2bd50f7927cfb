"""Format Timestamp."""

# Names are Glue's.
# ruff: noqa: N803

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812

from bovespa.glue.runtime.frame_methods import existing, method, plain, spark_pattern


def format_timestamp(
    frame: DataFrame,
    colName: str,
    dateFormat: str,
    newColName: str | None = None,
) -> DataFrame:
    """A timestamp as text."""
    return frame.withColumn(
        plain(newColName or colName), F.date_format(existing(frame, colName), spark_pattern(dateFormat))
    )


method("gs_format_timestamp", format_timestamp)
