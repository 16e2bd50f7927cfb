"""Array To Columns."""

# Names are Glue's.
# ruff: noqa: N803

from __future__ import annotations

from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812

from bovespa.glue.runtime.frame_methods import existing, method, names


def array_to_cols(frame: DataFrame, colName: str, colList: Any, indexes: Any = None) -> DataFrame:
    """Elements of an array as columns: the first ones, or those at `indexes` (from 1)."""
    wanted = names(colList)
    places = [int(each) for each in names(indexes)] if indexes else list(range(1, len(wanted) + 1))
    array = existing(frame, colName)
    return frame.withColumns(
        {name: F.get(array, F.lit(place - 1)) for name, place in zip(wanted, places, strict=True)}
    )


method("gs_array_to_cols", array_to_cols)
