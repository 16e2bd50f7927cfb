"""What the `gs_*` transforms of Glue Studio share: they become methods of DynamicFrame and of DataFrame."""

# Names are Glue's.

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from awsglue.dynamicframe import DynamicFrame
from pyspark.sql import Column, DataFrame

from bovespa.glue.runtime.columns import column, path_parts
from bovespa.glue.runtime.errors import RuntimeFailure

# Python's format letters as Spark's patterns (Spark: "Datetime Patterns for Formatting and Parsing").
_PATTERNS = {
    "Y": "yyyy",
    "m": "MM",
    "d": "dd",
    "H": "HH",
    "M": "mm",
    "S": "ss",
    "f": "SSSSSS",
    "y": "yy",
    "I": "hh",
    "p": "a",
    "b": "MMM",
    "B": "MMMM",
    "a": "E",
    "A": "EEEE",
    "j": "DDD",
    "z": "Z",
    "Z": "z",
}


def method(name: str, function: Callable[..., DataFrame]) -> None:
    """Make `function(frame, …)` the method `name`; a frame without columns passes through unchanged."""

    def of_dynamic_frame(self: DynamicFrame, **arguments: Any) -> DynamicFrame:
        return DynamicFrame.fromDF(of_data_frame(self.toDF(), **arguments), self.glue_ctx, self.name)

    def of_data_frame(self: DataFrame, **arguments: Any) -> DataFrame:
        if not self.columns:
            return self
        try:
            return function(self, **arguments)
        except TypeError as error:
            raise RuntimeFailure(f"{name}: {error}") from error

    setattr(DynamicFrame, name, of_dynamic_frame)
    setattr(DataFrame, name, of_data_frame)


def existing(frame: DataFrame, name: str) -> Column:
    """The column (or the field of a struct) called `name`.

    Raises:
        RuntimeFailure: there is none; the message has what there is.
    """
    parts = path_parts(name, frame.schema)
    if parts is None:
        raise RuntimeFailure(f"there is no column {name}; the frame has: {', '.join(frame.columns)}")
    return column(parts)


def plain(name: str) -> str:
    """A name without the backticks that Glue Studio puts around one with dots."""
    return name.strip("`")


def names(value: Any) -> list[str]:
    """A list of names, or one string of them with commas between."""
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    return [str(part) for part in value or ()]


def spark_pattern(pattern: str) -> str:
    """A date format, be it Python's (`%Y-%m-%d`) or Spark's (`yyyy-MM-dd`), as Spark's."""
    if "%" not in pattern:
        return pattern

    def letter(match: re.Match[str]) -> str:
        found = _PATTERNS.get(match[1])
        if found is None:
            raise RuntimeFailure(f"the date format {pattern} has %{match[1]}, which Spark has no pattern for")
        return found

    return re.sub(r"%(.)", letter, re.sub(r"(?<!%)([A-Za-z]+)", r"'\1'", pattern))
