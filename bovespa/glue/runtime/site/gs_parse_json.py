"""Parse JSON Column."""

# Names are Glue's.
# ruff: noqa: N803

from __future__ import annotations

from typing import Any

from pyspark.sql import DataFrame

from bovespa.glue.runtime import columns
from bovespa.glue.runtime.frame_methods import method, plain


def parse_json(
    frame: DataFrame,
    colName: str,
    newColName: str | None = None,
    samplingRatio: Any = None,
) -> DataFrame:
    """A string column as what its JSON says; the type comes from the values (or from a sample of them)."""
    return columns.parse_json(
        frame, colName, target=plain(newColName or ""), sample=float(samplingRatio) if samplingRatio else 1.0
    )


method("gs_parse_json", parse_json)
