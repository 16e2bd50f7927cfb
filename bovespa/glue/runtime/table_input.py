"""Table and partition definitions as Glue's S3 sink registers them.

Source: AWS Glue Developer Guide, "Creating tables, updating the schema, and adding new partitions in the
Data Catalog from AWS Glue ETL jobs", and the tables that such jobs leave behind.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bovespa.glue.runtime.catalog import Partition, Table
from bovespa.glue.runtime.errors import CatalogError
from bovespa.glue.runtime.location import Location, partition_folder

LOG, UPDATE_IN_DATABASE = "LOG", "UPDATE_IN_DATABASE"

_HIVE = "org.apache.hadoop.hive"
_TEXT_INPUT = "org.apache.hadoop.mapred.TextInputFormat"
_TEXT_OUTPUT = f"{_HIVE}.ql.io.HiveIgnoreKeyTextOutputFormat"
_PARQUET = (
    f"{_HIVE}.ql.io.parquet.MapredParquetInputFormat",
    f"{_HIVE}.ql.io.parquet.MapredParquetOutputFormat",
    f"{_HIVE}.ql.io.parquet.serde.ParquetHiveSerDe",
)
_FORMATS = {
    "parquet": _PARQUET,
    "json": (_TEXT_INPUT, _TEXT_OUTPUT, "org.openx.data.jsonserde.JsonSerDe"),
    "csv": (_TEXT_INPUT, _TEXT_OUTPUT, f"{_HIVE}.serde2.OpenCSVSerde"),
    "orc": (
        f"{_HIVE}.ql.io.orc.OrcInputFormat",
        f"{_HIVE}.ql.io.orc.OrcOutputFormat",
        f"{_HIVE}.ql.io.orc.OrcSerde",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TableShape:
    """What a sink knows of the table it feeds: `(name, Hive type)` pairs, keys apart from columns."""

    columns: tuple[tuple[str, str], ...]
    keys: tuple[tuple[str, str], ...]
    location: Location
    file_format: str
    compression: str = ""
    format_options: Mapping[str, Any] | None = None


def table_input(name: str, shape: TableShape) -> Table:
    """CreateTable's TableInput for a sink."""
    return {
        "Name": name,
        "TableType": "EXTERNAL_TABLE",
        "Parameters": {
            "classification": shape.file_format,
            "compressionType": shape.compression or "none",
            "typeOfData": "file",
            "EXTERNAL": "TRUE",
            "partition_filtering.enabled": "true",
        },
        "PartitionKeys": [{"Name": key, "Type": kind} for key, kind in shape.keys],
        "StorageDescriptor": _storage(shape, shape.location),
    }


def partition_input(shape: TableShape, values: Sequence[str | None]) -> Partition:
    """BatchCreatePartition's PartitionInput for one combination of key values."""
    named = dict(zip((key for key, _ in shape.keys), values, strict=True))
    folder = shape.location.child(partition_folder(named))
    return {
        "Values": ["__HIVE_DEFAULT_PARTITION__" if value in (None, "") else str(value) for value in values],
        "StorageDescriptor": _storage(shape, folder),
        "Parameters": {"classification": shape.file_format},
    }


def updated(existing: Table, shape: TableShape, behavior: str) -> Table | None:
    """The TableInput that brings an existing table up to date, or None where nothing has to change.

    With `LOG` a table keeps its schema. With `UPDATE_IN_DATABASE` the sink's columns replace those of the
    same name and new ones follow; columns that the frame lacks stay, since older files have them. Raises
    CatalogError where the partition keys differ in name or order.
    """
    have = [key["Name"] for key in existing.get("PartitionKeys", [])]
    want = [key for key, _ in shape.keys]
    name = f"{existing.get('DatabaseName', '')}.{existing['Name']}"
    if have != want:
        raise CatalogError(
            f"table {name} has the partition keys {have or 'none'}, the target has {want or 'none'}: "
            "make them equal in name and order, or name another table"
        )
    if behavior != UPDATE_IN_DATABASE:
        return None
    fresh = table_input(existing["Name"], shape)
    old = existing.get("StorageDescriptor", {}).get("Columns", [])
    new = {column["Name"]: column for column in fresh["StorageDescriptor"]["Columns"]}
    merged = [new.pop(column["Name"], column) for column in old if column["Name"] not in want] + list(
        new.values()
    )
    if merged == old and existing.get("PartitionKeys", []) == fresh["PartitionKeys"]:
        return None
    fresh["StorageDescriptor"]["Columns"] = merged
    kept = {key: existing[key] for key in ("Description", "Owner", "Retention") if existing.get(key)}
    parameters = {**(existing.get("Parameters") or {}), **fresh["Parameters"]}
    return {**kept, **fresh, "Parameters": parameters}


def _storage(shape: TableShape, location: Location) -> dict[str, Any]:
    input_format, output_format, serde = _FORMATS[shape.file_format]
    return {
        "Columns": [{"Name": name, "Type": kind} for name, kind in shape.columns],
        "Location": str(location.folder()),
        "InputFormat": input_format,
        "OutputFormat": output_format,
        "Compressed": bool(shape.compression),
        "NumberOfBuckets": -1,
        "SerdeInfo": {"SerializationLibrary": serde, "Parameters": _serde_parameters(shape)},
        "StoredAsSubDirectories": False,
    }


def _serde_parameters(shape: TableShape) -> dict[str, str]:
    if shape.file_format != "csv":
        return {"serialization.format": "1"}
    options = shape.format_options or {}
    parameters = {
        "separatorChar": str(options.get("separator", ",")),
        "quoteChar": str(options.get("quoteChar", '"')),
    }
    if options.get("writeHeader", True):
        parameters["skip.header.line.count"] = "1"
    return parameters
