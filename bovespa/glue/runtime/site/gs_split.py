"""Split String."""

# Names are Glue's.
# ruff: noqa: N803

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812

from bovespa.glue.runtime.frame_methods import existing, method, plain


def split(frame: DataFrame, colName: str, pattern: str, newColName: str | None = None) -> DataFrame:
    """A string as an array of the parts between matches of a regular expression."""
    return frame.withColumn(plain(newColName or colName), F.split(existing(frame, colName), pattern))


method("gs_split", split)
