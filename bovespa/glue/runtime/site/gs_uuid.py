"""UUID."""

# Names are Glue's.
# ruff: noqa: N803

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812

from bovespa.glue.runtime.frame_methods import method


def uuid(frame: DataFrame, colName: str = "uuid") -> DataFrame:
    """A random UUID for every row."""
    return frame.withColumn(colName, F.expr("uuid()"))


method("gs_uuid", uuid)
