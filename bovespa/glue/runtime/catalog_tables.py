"""Catalogued tables as sources and targets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import StringType, StructField, StructType

from bovespa.glue.runtime import columns, reading, source, writing
from bovespa.glue.runtime.bookmark import Band
from bovespa.glue.runtime.engine import Engine
from bovespa.glue.runtime.errors import CatalogError, NotSupportedError
from bovespa.glue.runtime.glue_catalog import Table
from bovespa.glue.runtime.table_input import UPDATE_IN_DATABASE

_TEXT_FORMATS = {"csv": ("lazysimple", "opencsv"), "json": ("json",)}


def find(engine: Engine, database: str, name: str) -> Table:
    """The table, by its name in any case.

    Raises:
        CatalogError: there is none.
    """
    table = engine.catalog.table(database, name) or engine.catalog.table(database, name.lower())
    if table is None:
        raise CatalogError(f"there is no table {database}.{name} in the catalogue")
    return {**table, "DatabaseName": database}


def types(table: Table) -> dict[str, str]:
    """Columns and partition keys with their Hive types, in order."""
    described = [*table.get("StorageDescriptor", {}).get("Columns", []), *table.get("PartitionKeys", [])]
    return {each["Name"]: each.get("Type", "string") for each in described}


def read(
    engine: Engine,
    session: SparkSession,
    table: Table,
    *,
    ctx: str,
    predicate: str,
    options: Mapping[str, Any],
) -> DataFrame:
    """The table's rows, cast to the catalogue's types; columns that only the files have come last."""
    kind = _format(table)
    source.check_options(options, ctx)
    groups = source.fetch(
        engine,
        [_location(table)],
        ctx=ctx,
        exclusions=source.exclusion_list(options.get("exclusions")),
        band=Band.of(options),
    )
    described = table["StorageDescriptor"].get("Columns", [])
    positional = None
    if kind == "csv" and described:
        positional = StructType([StructField(each["Name"], StringType()) for each in described])
    frame = reading.read(session, groups, kind, _format_options(table, kind), positional)
    if not frame.columns:
        return frame
    frame = columns.filter_partitions(columns.cast_fields(frame, types(table)), predicate)
    return columns.filter_partitions(frame, str(options.get("catalogPartitionPredicate") or ""))


def write(engine: Engine, frame: DataFrame, table: Table, *, ctx: str, options: Mapping[str, Any]) -> None:
    """Append to the table. Partition keys are those of the options, and must be the table's."""
    name = f"{table['DatabaseName']}.{table['Name']}"
    keys = writing.partition_keys(options.get("partitionKeys"))
    have = tuple(key["Name"] for key in table.get("PartitionKeys", []))
    if frame.columns and [key.lower() for key in keys] != [key.lower() for key in have]:
        raise CatalogError(
            f"table {name} has the partition keys {list(have) or 'none'}, "
            f"the target {ctx} has {list(keys) or 'none'}"
        )
    updates = str(options.get("enableUpdateCatalog", False)).lower() == "true"
    kind = _format(table)
    writing.write(
        engine,
        frame,
        writing.Target(
            path=_location(table),
            ctx=ctx,
            file_format=kind,
            format_options={**_writer_options(table, kind), **_glue_writer(table)},
            partition_keys=keys,
            database=table["DatabaseName"] if updates else "",
            table=table["Name"] if updates else "",
            behavior=str(options.get("updateBehavior") or UPDATE_IN_DATABASE),
        ),
    )


def _glue_writer(table: Table) -> dict[str, Any]:
    value = (table.get("Parameters") or {}).get("useGlueParquetWriter")
    return {} if value is None else {"useGlueParquetWriter": value}


def _location(table: Table) -> str:
    location = table.get("StorageDescriptor", {}).get("Location")
    if not location:
        raise CatalogError(f"table {table['DatabaseName']}.{table['Name']} has no location (a view?)")
    return str(location)


def _format(table: Table) -> str:
    storage = table.get("StorageDescriptor", {})
    said = (
        str((table.get("Parameters") or {}).get("classification", ""))
        .lower()
        .replace("glueparquet", "parquet")
    )
    if said in reading.FORMATS:
        return said
    serde = str((storage.get("SerdeInfo") or {}).get("SerializationLibrary", "")).lower()
    if "parquet" in f"{serde} {storage.get('InputFormat', '')}".lower():
        return "parquet"
    for kind, hints in _TEXT_FORMATS.items():
        if any(hint in serde for hint in hints):
            return kind
    if said or serde:
        raise NotSupportedError(
            f"tables of the format {said or serde} ({table['DatabaseName']}.{table['Name']})"
        )
    suffix = _location(table).rsplit(".", 1)[-1].lower()
    return suffix if suffix in reading.FORMATS else "parquet"


def _format_options(table: Table, kind: str) -> dict[str, Any]:
    if kind != "csv":
        return {}
    serde = (table["StorageDescriptor"].get("SerdeInfo") or {}).get("Parameters") or {}
    own = table.get("Parameters") or {}
    skipped = str(serde.get("skip.header.line.count") or own.get("skip.header.line.count") or 0)
    described = bool(table["StorageDescriptor"].get("Columns"))
    return {
        "separator": serde.get("separatorChar") or serde.get("field.delim") or own.get("delimiter") or ",",
        "quoteChar": serde.get("quoteChar") or '"',
        "withHeader": skipped != "0" or not described,
    }


def _writer_options(table: Table, kind: str) -> dict[str, Any]:
    options = _format_options(table, kind)
    header = options.pop("withHeader", None)
    return options if header is None else {**options, "writeHeader": header}
