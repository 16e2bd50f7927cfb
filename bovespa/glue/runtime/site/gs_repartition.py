"""Autobalance Processing."""

# Names are Glue's.
# ruff: noqa: N803

from __future__ import annotations

from typing import Any

from pyspark.sql import DataFrame

from bovespa.glue.runtime.frame_methods import method, names


def repartition(
    frame: DataFrame,
    numPartitionsStr: Any = None,
    cols: Any = None,
    colList: Any = None,
) -> DataFrame:
    """Spread the rows over partitions; the rows themselves stay as they are."""
    by = names(cols or colList)
    if numPartitionsStr:
        return frame.repartition(int(numPartitionsStr), *by)
    return frame.repartition(*by) if by else frame


method("gs_repartition", repartition)
