"""To Timestamp."""

# Names are Glue's.
# ruff: noqa: N803

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812
from pyspark.sql.types import NumericType

from bovespa.glue.runtime.errors import NotSupportedError
from bovespa.glue.runtime.frame_methods import existing, method, plain

_UNITS = {"seconds": 1, "milliseconds": 1_000, "microseconds": 1_000_000}
# A number of seconds has ten digits from 2001 to 2286, of milliseconds thirteen, of microseconds sixteen.
_MILLISECONDS_FROM, _MICROSECONDS_FROM = 10**11, 10**14


def to_timestamp(
    frame: DataFrame,
    colName: str,
    colType: str = "autodetect",
    newColName: str | None = None,
) -> DataFrame:
    """A number or an ISO text as a timestamp, else null; `colType` is a unit, `iso` or `autodetect`."""
    value = existing(frame, colName)
    numeric = isinstance(frame.select(value.alias("it")).schema["it"].dataType, NumericType)
    if colType in _UNITS:
        stamp = _from_number(value.cast("decimal(38,6)"), _UNITS[colType])
    elif colType == "iso":
        stamp = F.to_timestamp(value.cast("string"))
    elif colType == "autodetect":
        stamp = (
            _detected(value)
            if numeric
            else F.coalesce(F.to_timestamp(value.cast("string")), _detected(value))
        )
    else:
        raise NotSupportedError(f"gs_to_timestamp of the type {colType}")
    return frame.withColumn(plain(newColName or colName), stamp)


def _detected(value: Column) -> Column:
    number = value.cast("decimal(38,6)")
    size = F.abs(number)
    return (
        F.when(size >= _MICROSECONDS_FROM, _from_number(number, _UNITS["microseconds"]))
        .when(size >= _MILLISECONDS_FROM, _from_number(number, _UNITS["milliseconds"]))
        .otherwise(_from_number(number, 1))
    )


def _from_number(number: Column, units_per_second: int) -> Column:
    return F.timestamp_micros((number * (1_000_000 // units_per_second)).cast("bigint"))


method("gs_to_timestamp", to_timestamp)
