"""Table and partition definitions as Glue's S3 sink registers them.

Source: AWS Glue Developer Guide, "Creating tables, updating the schema, and adding new partitions in the
Data Catalog from AWS Glue ETL jobs", and the tables that such jobs leave behind.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bovespa.glue.runtime.errors import CatalogError
from bovespa.glue.runtime.glue_catalog import Partition, Table
from bovespa.glue.runtime.location import Location, partition_folder

_NESTED = ("struct", "array", "map")
_KEPT = ("Description", "Owner", "Retention", "TableType", "Parameters", "PartitionKeys")
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


def table_input(name: str, shape: TableShape, *, job: str = "", run_id: str = "") -> Table:
    """CreateTable's TableInput for a sink, with the properties of tables that jobs make."""
    made_by = {"CreatedByJob": job, "CreatedByJobRun": run_id}
    writer = {"useGlueParquetWriter": "true"} if shape.file_format == "parquet" else {}
    return {
        "Name": name,
        "TableType": "EXTERNAL_TABLE",
        "Parameters": {
            **{key: value for key, value in made_by.items() if value},
            "classification": shape.file_format,
            **writer,
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


def refuse_nested(name: str, shape: TableShape) -> None:
    """Raise CatalogError for a schema with structs, arrays or maps, which a sink cannot put into the catalogue."""
    for column, kind in shape.columns:
        if kind.startswith(_NESTED):
            raise CatalogError(
                f"table {name}: Glue does not update the catalogue with nested schemas, and column {column} is "
                f"{kind}: flatten it before the target"
            )


def refuse_other_keys(existing: Table, shape: TableShape) -> None:
    """Raise CatalogError where the table's partition keys are not the target's, in name and order."""
    have = [key["Name"] for key in existing.get("PartitionKeys", [])]
    want = [key for key, _ in shape.keys]
    if have != want:
        name = f"{existing.get('DatabaseName', '')}.{existing['Name']}"
        raise CatalogError(
            f"table {name} has the partition keys {have or 'none'}, the target has {want or 'none'}: "
            "make them equal in name and order, or name another table"
        )


def new_columns(existing: Table, shape: TableShape) -> list[str]:
    """The target's columns that the table does not have."""
    known = {column["Name"] for column in existing.get("StorageDescriptor", {}).get("Columns", [])}
    return [name for name, _ in shape.columns if name not in known]


def updated(existing: Table, shape: TableShape, behavior: str) -> Table | None:
    """The TableInput that brings an existing table up to date, or None where nothing is to change.

    With `UPDATE_IN_DATABASE` the target's columns take the place of the table's, comments included. With `LOG`, and
    where there are no partition keys, a table keeps its schema. Partition keys keep their declared types.
    """
    if behavior != UPDATE_IN_DATABASE or not shape.keys:
        return None
    storage = existing.get("StorageDescriptor", {})
    columns = [{"Name": name, "Type": kind} for name, kind in shape.columns]
    have = [{"Name": column["Name"], "Type": column.get("Type")} for column in storage.get("Columns", [])]
    if have == columns:
        return None
    kept = {key: existing[key] for key in _KEPT if existing.get(key)}
    return {**kept, "Name": existing["Name"], "StorageDescriptor": {**storage, "Columns": columns}}


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
