"""Transforms that look at rows with Python functions: Filter and Map.

Small data is brought to the driver, which is far cheaper than starting Python workers for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from pyspark.sql import DataFrame, Row
from pyspark.sql.types import StringType, StructField, StructType, _make_type_verifier

from bovespa.glue.runtime.errors import RuntimeFailure
from bovespa.glue.runtime.spark import is_large

_ON_DRIVER = 20_000
_MISSED = (KeyError, ValueError, TypeError)


class DynamicRecord(dict[str, Any]):
    """A row as a function sees it: fields by item or attribute, structs as records too."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self[name]

    def __setattr__(self, name: str, value: Any) -> None:
        self[name] = value


def keep(frame: DataFrame, function: Callable[[Any], Any]) -> DataFrame:
    """The rows for which `function` is true.

    As in Glue, a KeyError, ValueError or TypeError counts as false (so a comparison with a missing value does).
    """
    if not frame.columns:
        return frame

    def kept(rows: Iterable[Row]) -> Iterator[Row]:
        for row in rows:
            try:
                good = function(record(row))
            except _MISSED:
                good = False
            if good:
                yield row

    return _through(frame, kept, frame.schema)


def transform(frame: DataFrame, function: Callable[[Any], Any]) -> DataFrame:
    """Each row replaced by the dict that `function` returns for it.

    Columns keep their type as long as the values still fit it; new ones get the type of their values.
    """
    if not frame.columns:
        return frame
    session = frame.sparkSession
    if is_large(session):
        done = frame.rdd.map(lambda row: _plain(function(record(row))))
        return session.createDataFrame(done, samplingRatio=1.0)
    results = [_plain(function(record(row))) for row in frame.collect()]
    if not all(isinstance(result, dict) for result in results):
        raise RuntimeFailure("the function of a Map returned something that is no record")
    names = list(dict.fromkeys(name for result in results for name in result)) or frame.columns
    fields = []
    for name in names:
        values = [result.get(name) for result in results]
        field = frame.schema[name] if name in frame.columns else None
        fields.append(
            field if field is not None and _fits(field, values) else _inferred(session, name, values)
        )
    data = [tuple(result.get(name) for name in names) for result in results]
    return session.createDataFrame(data, StructType(fields), verifySchema=False).coalesce(1)


def record(row: Row) -> DynamicRecord:
    return DynamicRecord({name: _wrapped(row[name]) for name in row.__fields__})


def _through(
    frame: DataFrame, function: Callable[[Iterable[Row]], Iterable[Row]], schema: StructType
) -> DataFrame:
    session = frame.sparkSession
    if not is_large(session):
        head = frame.limit(_ON_DRIVER + 1).collect()
        if len(head) <= _ON_DRIVER:
            data = [tuple(row) for row in function(head)]
            return session.createDataFrame(data, schema, verifySchema=False).coalesce(1)
    return session.createDataFrame(frame.rdd.mapPartitions(function), schema, verifySchema=False)


def _wrapped(value: Any) -> Any:
    if isinstance(value, Row):
        return record(value)
    if isinstance(value, list):
        return [_wrapped(each) for each in value]
    if isinstance(value, dict):
        return {key: _wrapped(each) for key, each in value.items()}
    return value


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return value


def _fits(field: StructField, values: list[Any]) -> bool:
    verify = _make_type_verifier(field.dataType, nullable=True)
    try:
        for value in values:
            verify(value)
    except (TypeError, ValueError):
        return False
    return True


def _inferred(session: Any, name: str, values: list[Any]) -> StructField:
    present = [(value,) for value in values if value is not None]
    if not present:
        return StructField(name, StringType())
    return StructField(name, session.createDataFrame(present).schema.fields[0].dataType)
