"""DataFrames to files in S3, and their table in the catalogue: what a Glue target does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from pyspark.sql import DataFrame, Observation
from pyspark.sql import functions as F  # noqa: N812
from pyspark.sql.types import DataType, NullType, StructType

from bovespa.glue.runtime import location as locations
from bovespa.glue.runtime import splitting, target
from bovespa.glue.runtime.columns import column
from bovespa.glue.runtime.engine import Engine
from bovespa.glue.runtime.errors import NotSupportedError, RuntimeFailure
from bovespa.glue.runtime.report import TargetWritten
from bovespa.glue.runtime.spark import is_large, scale_up
from bovespa.glue.runtime.table_input import UPDATE_IN_DATABASE, TableShape

_FORMATS = {"parquet": "parquet", "glueparquet": "parquet", "csv": "csv", "json": "json"}
_CODECS = {"parquet": "snappy", "csv": "", "json": ""}
_PARQUET_SUFFIX = ".parquet"
_SPLIT_BYTES = 128 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A target's settings. `database` and `table` are empty for one that the job does not catalogue."""

    path: str
    ctx: str = ""
    file_format: str = "parquet"
    format_options: Mapping[str, Any] = field(default_factory=dict)
    partition_keys: tuple[str, ...] = ()
    compression: str = ""
    database: str = ""
    table: str = ""
    behavior: str = UPDATE_IN_DATABASE


def write(engine: Engine, frame: DataFrame, wanted: Target) -> TargetWritten:
    """Append the frame's rows to the target in one Spark job, then catalogue them.

    A frame without rows writes nothing and leaves the catalogue alone. Partition keys become folders and leave the
    files; columns of type null are left out.

    Raises:
        NotSupportedError: the format is none of parquet, CSV and JSON.
        RuntimeFailure: a key is no column, or the catalogue cannot take the target.
    """
    if wanted.file_format not in _FORMATS:
        raise NotSupportedError(f"writing the format {wanted.file_format}", ctx=wanted.ctx)
    place = locations.parse(wanted.path).folder()
    table = f"{wanted.database}.{wanted.table}" if wanted.table else ""
    if not frame.columns:
        engine.report.notes.append(f"{wanted.ctx}: nothing to write, the frame has no columns")
        return _reported(
            engine, TargetWritten(ctx=wanted.ctx, path=str(place), rows=0, files=0, partitions=0, table=table)
        )
    frame = _without_void(engine, frame, wanted.ctx)
    shape = _shape(frame.schema, wanted, place)
    if wanted.table:
        _refuse_plain_parquet(wanted, table)
        target.check_table(engine, wanted.database, wanted.table, shape)
    folder = engine.scratch("target") / "out"
    rows = _spark_write(frame, folder, wanted)
    published = target.publish(engine, folder, place) if rows else target.NOTHING
    if wanted.table and rows:
        target.register(engine, wanted.database, wanted.table, shape, published.partitions, wanted.behavior)
    return _reported(
        engine,
        TargetWritten(
            ctx=wanted.ctx,
            path=str(place),
            rows=rows,
            files=len(published.objects),
            partitions=len(published.partitions),
            table=table,
        ),
    )


def hive_type(kind: DataType) -> str:
    """A Spark type as the catalogue names it, such as `decimal(9,3)` or `array<string>`."""
    name: str = kind.simpleString()
    return name.replace("timestamp_ntz", "timestamp")


def _without_void(engine: Engine, frame: DataFrame, ctx: str) -> DataFrame:
    """Parquet has no such type, and no record a value for it."""
    void = [field.name for field in frame.schema.fields if isinstance(field.dataType, NullType)]
    if not void:
        return frame
    engine.report.notes.append(f"{ctx}: {', '.join(void)} not written, being of type null")
    return frame.select([column([name]) for name in frame.columns if name not in void])


def _refuse_plain_parquet(wanted: Target, table: str) -> None:
    """Only Glue's own writer of parquet updates the catalogue (Developer Guide, "Updating the schema, …")."""
    own = str(wanted.format_options.get("useGlueParquetWriter", "")).lower() == "true"
    if wanted.file_format == "parquet" and not own:
        raise RuntimeFailure(
            f"the target {wanted.ctx or wanted.path} cannot catalogue {table}: Glue does that with the format "
            "glueparquet, not with parquet"
        )


def _reported(engine: Engine, written: TargetWritten) -> TargetWritten:
    engine.report.targets.append(written)
    return written


def _shape(schema: StructType, wanted: Target, place: locations.Location) -> TableShape:
    known = {name.lower(): name for name in schema.names}
    missing = [key for key in wanted.partition_keys if key.lower() not in known]
    if missing:
        raise RuntimeFailure(
            f"the partition key {missing[0]} of the target {wanted.path} is not a column: "
            + ", ".join(schema.names)
        )
    if len(known) != len(schema.names):
        raise RuntimeFailure(
            f"the target {wanted.path} has two columns of the same name: {', '.join(schema.names)}"
        )
    keys = {key.lower() for key in wanted.partition_keys}
    types = {f.name.lower(): hive_type(f.dataType) for f in schema.fields}
    if wanted.partition_keys and len(keys) == len(known):
        raise RuntimeFailure(f"the target {wanted.path} has no column left besides its partition keys")
    return TableShape(
        columns=tuple((name, kind) for name, kind in types.items() if name not in keys),
        keys=tuple((key.lower(), types[key.lower()]) for key in wanted.partition_keys),
        location=place,
        file_format=_FORMATS[wanted.file_format],
        compression=_codec(wanted),
        format_options=wanted.format_options,
    )


def _codec(wanted: Target) -> str:
    codec = (wanted.compression or _CODECS[_FORMATS[wanted.file_format]]).lower()
    return "" if codec in ("uncompressed", "none") else codec


def _spark_write(frame: DataFrame, folder: Path, wanted: Target) -> int:
    """Write the frame into the new folder `folder`, partitioned; returns the number of rows."""
    kind = _FORMATS[wanted.file_format]
    names = {name.lower(): name for name in frame.columns}
    keys = [names[key.lower()] for key in wanted.partition_keys]
    if kind == "parquet" and keys and _codec(wanted) in splitting.CODECS and not is_large(frame.sparkSession):
        return _split_write(frame, folder, keys, _codec(wanted))
    counting = None if kind == "parquet" else Observation("rows")
    counted = frame if counting is None else frame.observe(counting, F.count(F.lit(1)).alias("rows"))
    writer = counted.write.format(kind).option("compression", _codec(wanted) or "none")
    if kind == "csv":
        writer = writer.options(**_csv_options(wanted.format_options))
    writer.partitionBy(*keys).save(str(folder))
    return _parquet_rows(folder) if counting is None else int(counting.get["rows"])


def _split_write(frame: DataFrame, folder: Path, keys: Sequence[str], codec: str) -> int:
    """As Spark's `partitionBy`, for small data: one flat file first, divided afterwards."""
    flat = folder.with_name("flat")
    texts = [(key, f"__partition_{index}") for index, key in enumerate(keys)]
    data = [column([name]) for name in frame.columns if name not in keys]
    frame.select(*data, *[column([key]).cast("string").alias(text) for key, text in texts]).write.option(
        "compression", "none"
    ).parquet(str(flat))
    files = list(flat.glob(f"*{_PARQUET_SUFFIX}"))
    rows = _parquet_rows(flat)
    folder.mkdir()
    if sum(path.stat().st_size for path in files) <= _SPLIT_BYTES:
        splitting.split(files, folder, keys=texts, codec=codec)
        return rows
    scale_up(frame.sparkSession)  # it was not small after all
    written = frame.sparkSession.read.parquet(str(flat))
    renamed = written.select(*data, *[column([text]).alias(key) for key, text in texts])
    renamed.write.mode("append").option("compression", codec or "none").partitionBy(*keys).parquet(
        str(folder)
    )
    return rows


def _parquet_rows(folder: Path) -> int:
    return sum(pq.read_metadata(path).num_rows for path in folder.rglob(f"*{_PARQUET_SUFFIX}"))


def _csv_options(given: Mapping[str, Any]) -> dict[str, str]:
    options = {key.lower(): str(value) for key, value in given.items()}
    quote = options.get("quotechar", '"')
    unquoted = quote == "-1"
    return {
        "header": "false" if options.get("writeheader", "true").lower() == "false" else "true",
        "sep": options.get("separator", ","),
        "quote": "\u0000" if unquoted else quote,
        "escape": options.get("escaper") or ('"' if unquoted else quote),
        "emptyValue": "",
    }


def partition_keys(value: Any) -> tuple[str, ...]:
    """Partition keys as a script gives them: names, or lists of one name each."""
    keys: Sequence[Any] = value or ()
    return tuple(key[-1] if isinstance(key, (list, tuple)) else str(key) for key in keys)
