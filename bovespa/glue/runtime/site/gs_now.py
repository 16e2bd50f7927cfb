"""Add Current Timestamp."""

# Names are Glue's.
# ruff: noqa: N803

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812

from bovespa.glue.runtime.frame_methods import method, spark_pattern


def now(frame: DataFrame, colName: str = "timestamp", dateFormat: str | None = None) -> DataFrame:
    """The time of the run, as text where a format is given."""
    stamp = F.current_timestamp()
    return frame.withColumn(colName, F.date_format(stamp, spark_pattern(dateFormat)) if dateFormat else stamp)


method("gs_now", now)
