"""Flatten."""

# Names are Glue's.
# ruff: noqa: N803

from __future__ import annotations

from typing import Any

from pyspark.sql import DataFrame

from bovespa.glue.runtime import columns
from bovespa.glue.runtime.frame_methods import method


def flatten(frame: DataFrame, separator: str = ".", maxLevels: Any = 0) -> DataFrame:
    """Fields of structs as columns, `maxLevels` deep (0: all)."""
    return columns.flatten(frame, separator=separator or ".", levels=int(maxLevels or 0))


method("gs_flatten", flatten)
