"""Derived Column."""

# Names are Glue's.
# ruff: noqa: N803

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812

from bovespa.glue.runtime.frame_methods import method


def derived(frame: DataFrame, colName: str, expr: str) -> DataFrame:
    """A column from an expression of Spark SQL."""
    return frame.withColumn(colName, F.expr(expr))


method("gs_derived", derived)
