"""Regex Extractor."""

# Names are Glue's.
# ruff: noqa: N803

from __future__ import annotations

import re
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812

from bovespa.glue.runtime.frame_methods import existing, method, names


def regex_extract(frame: DataFrame, colName: str, regex: str, newCols: Any) -> DataFrame:
    """The groups of a pattern as columns (the whole match where it has no group); null where it does not
    match."""
    source = existing(frame, colName).cast("string")
    first = 1 if re.search(r"(?<!\\)\((?!\?)", regex) else 0
    matches = source.rlike(regex)
    return frame.withColumns(
        {
            name: F.when(matches, F.regexp_extract(source, regex, index))
            for index, name in enumerate(names(newCols), start=first)
        }
    )


method("gs_regex_extract", regex_extract)
