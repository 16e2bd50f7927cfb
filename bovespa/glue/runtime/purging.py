"""`purge_s3_path` and `purge_table` with Glue's options."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pyspark.sql import SparkSession

from bovespa.glue.runtime import target
from bovespa.glue.runtime.catalog import Partition, Table
from bovespa.glue.runtime.engine import Engine
from bovespa.glue.runtime.errors import NotSupportedError, RuntimeFailure
from bovespa.glue.runtime.location import parse

DEFAULT_RETENTION_HOURS = 168.0
_KNOWN = {"retentionPeriod", "partitionPredicate", "excludeStorageClasses"}


def purge_path(engine: Engine, path: str, options: Mapping[str, Any], *, ctx: str = "") -> int:
    """Delete what is under `path` and older than the retention. Returns the number of files."""
    retention = _retention(options, ctx)
    count = target.purge(engine, parse(path), retention)
    if retention > 0 and count == 0:
        engine.report.notes.append(
            f"{ctx or 'purge'}: nothing under {path} is older than {retention:g} hours"
        )
    return count


def purge_table(
    engine: Engine, session: SparkSession, table: Table, options: Mapping[str, Any], *, ctx: str = ""
) -> int:
    """Delete the files of the partitions that `partitionPredicate` selects (of all without one), and from the
    catalogue those partitions that then have no file."""
    retention = _retention(options, ctx)
    location = parse(table["StorageDescriptor"]["Location"])
    keys = [key["Name"] for key in table.get("PartitionKeys", [])]
    predicate = str(options.get("partitionPredicate") or "")
    if not keys:
        if predicate:
            raise RuntimeFailure(f"table {table['Name']} has no partitions for the predicate {predicate}")
        return target.purge(engine, location, retention)
    partitions = list(engine.catalog.partitions(table["DatabaseName"], table["Name"]))
    chosen = _selected(session, table, partitions, predicate)
    count = 0
    emptied = []
    for partition in chosen:
        place = parse(partition["StorageDescriptor"]["Location"])
        count += target.purge(engine, place, retention)
        if next(iter(engine.store.list(place.folder())), None) is None:
            emptied.append(partition["Values"])
    if emptied:
        engine.catalog.delete_partitions(table["DatabaseName"], table["Name"], emptied)
    return count


def _selected(
    session: SparkSession, table: Table, partitions: list[Partition], predicate: str
) -> list[Partition]:
    if not predicate or not partitions:
        return partitions
    keys = table["PartitionKeys"]
    names = ", ".join(f"`{key['Name']}` string" for key in keys)
    rows = [(*partition["Values"], index) for index, partition in enumerate(partitions)]
    frame = session.createDataFrame(rows, f"{names}, `__index` int")
    for key in keys:
        frame = frame.withColumn(key["Name"], frame[f"`{key['Name']}`"].cast(key.get("Type", "string")))
    return [partitions[row["__index"]] for row in frame.where(predicate).collect()]


def _retention(options: Mapping[str, Any], ctx: str) -> float:
    unknown = set(options) - _KNOWN
    if unknown:
        raise NotSupportedError(f"the purge option {sorted(unknown)[0]}", ctx=ctx)
    value = options.get("retentionPeriod", DEFAULT_RETENTION_HOURS)
    try:
        return float(value)
    except (TypeError, ValueError):
        raise RuntimeFailure(f"retentionPeriod is a number of hours, not {value!r}") from None
