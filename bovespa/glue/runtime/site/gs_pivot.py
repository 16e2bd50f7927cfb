"""Pivot Rows Into Columns."""

# Names are Glue's.
# ruff: noqa: N803

from __future__ import annotations

from typing import Any

from pyspark.sql import DataFrame

from bovespa.glue.runtime.frame_methods import method, names


def pivot(frame: DataFrame, aggCol: str, aggFunction: str, colList: Any) -> DataFrame:
    """A column for each value of `colList`'s columns (joined by `_`), holding the total of `aggCol`; one
    row for each combination of the others."""
    keys = names(colList)
    others = [name for name in frame.columns if name not in {*keys, aggCol}]
    for key in keys[:-1]:
        frame = _with_merged(frame, key, keys[-1])
    return frame.groupBy(*others).pivot(keys[-1]).agg({aggCol: aggFunction})


def _with_merged(frame: DataFrame, first: str, last: str) -> DataFrame:
    from pyspark.sql import functions as F  # noqa: N812

    return frame.withColumn(last, F.concat_ws("_", first, last)).drop(first)


method("gs_pivot", pivot)
