"""Local files to DataFrames, the way Glue's readers see them."""

from __future__ import annotations

import bz2
import gzip
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import reduce
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from pyarrow import ArrowException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812
from pyspark.sql.types import ArrayType, LongType, StructType

from bovespa.glue.runtime.columns import column
from bovespa.glue.runtime.errors import NotSupportedError, RuntimeFailure
from bovespa.glue.runtime.source import LocalFiles
from bovespa.glue.runtime.spark import SMALL_BYTES, scale_up
from bovespa.glue.runtime.store import in_parallel

FORMATS = ("parquet", "glueparquet", "csv", "json")
_INT = 2**31
_STEP = re.compile(r"\.([A-Za-z_][\w-]*)|\['([^']+)'\]|\[(\*)\]")


def empty(session: SparkSession) -> DataFrame:
    """What Glue makes of a source without files: no rows and no columns."""
    return session.createDataFrame([], StructType([]))


def read(
    session: SparkSession,
    groups: Sequence[LocalFiles],
    file_format: str,
    options: Mapping[str, Any],
    schema: StructType | None = None,
) -> DataFrame:
    """One DataFrame over all groups of files, columns united by name.

    CSV values are strings, as in Glue, and partition keys too. `schema` (of a catalogue table) names CSV columns
    by position and the fields of JSON.
    """
    if file_format not in FORMATS:
        raise NotSupportedError(f"reading the format {file_format}")
    if not groups:
        return empty(session)
    small = sum(group.bytes for group in groups) <= SMALL_BYTES
    if not small:
        scale_up(session)
    frames: list[DataFrame] = [
        frame
        for group in groups
        for frame in _READERS[file_format](session, group, {k.lower(): v for k, v in options.items()}, schema)
    ]
    united = reduce(lambda one, two: one.unionByName(two, allowMissingColumns=True), frames)
    return united.coalesce(1) if small else united


def _parquet(
    session: SparkSession, group: LocalFiles, _options: Mapping[str, Any], _schema: StructType | None
) -> list[DataFrame]:
    files = [path for path in group.files if path.stat().st_size]
    if not files:
        return [empty(session)]
    for path in set(group.files) - set(files):
        path.unlink()
    try:
        schemas = in_parallel(lambda path: pq.read_schema(path).remove_metadata(), files)
    except (ArrowException, OSError) as error:
        raise RuntimeFailure(f"a file of the source is not readable as parquet: {error}") from error
    merge = any(schema != schemas[0] for schema in schemas[1:])
    return [session.read.option("mergeSchema", merge).parquet(str(group.folder))]


def _csv(
    session: SparkSession, group: LocalFiles, options: Mapping[str, Any], schema: StructType | None
) -> list[DataFrame]:
    header = _flag(options.get("withheader"))
    quote = options.get("quotechar", '"')
    reader = (
        session.read.option("header", header)
        .option("sep", _separator(options.get("separator", ",")))
        .option("quote", "" if quote in (-1, "-1", "disabled") else _QUOTES.get(quote, quote))
        .option("escape", options.get("escaper") or _QUOTES.get(quote, quote))
        .option("multiLine", _flag(options.get("multiline")))
        .option("encoding", options.get("encoding", "UTF-8"))
        .option("mode", "PERMISSIVE")
    )
    by_header: dict[bytes, list[Path]] = defaultdict(list)
    for path in group.files:
        line = _first_line(path)
        if line is not None:
            by_header[line if header else b""].append(path)
    frames = []
    for files in by_header.values():
        frame = reader.option("basePath", str(group.folder)).csv([str(path) for path in files])
        data = [name for name in frame.columns if name not in group.keys]
        names = list(data) if header else [f"col{index}" for index in range(len(data))]
        if schema is not None:
            names = [*schema.names[: len(data)], *names[len(schema.names) :]]
        if header and _flag(options.get("skipfirst")):
            raise NotSupportedError("skipFirst together with withHeader")
        renamed = frame.toDF(*names, *[name for name in frame.columns if name not in data])
        # Spark makes null of an empty value, Glue an empty string.
        frames.append(
            renamed.select(
                [F.coalesce(column([name]), F.lit("")).alias(name) for name in names]
                + [column([key]) for key in group.keys]
            )
        )
    return frames or [empty(session)]


def _json(
    session: SparkSession, group: LocalFiles, options: Mapping[str, Any], schema: StructType | None
) -> list[DataFrame]:
    path = str(options.get("jsonpath") or "").strip()
    multiline = _flag(options.get("multiline")) or bool(path)
    frame = session.read.option("multiLine", multiline).json(str(group.folder))
    steps = _json_steps(path)
    if steps and steps[0] == "*":
        steps = steps[1:]  # Spark already makes a row of every element of a top-level array
    for step in steps:
        keys = [column([name]) for name in group.keys if name in frame.columns]
        if step == "*":
            frame = frame.select(F.explode(column(["value"])).alias("value"), *keys)
        else:
            parts = (
                ["value", step] if frame.columns[:1] == ["value"] and step not in frame.columns else [step]
            )
            frame = frame.select(column(parts).alias("value"), *keys)
    if steps and "value" in frame.columns:
        kind = frame.schema["value"].dataType
        if isinstance(kind, ArrayType):
            frame = frame.withColumn("value", F.explode("value"))
            kind = kind.elementType
        if isinstance(kind, StructType):
            inner = [column(["value", name]).alias(name) for name in kind.names]
            frame = frame.select(*inner, *[column([name]) for name in group.keys])
    if "_corrupt_record" in frame.columns:
        frame = frame.drop("_corrupt_record")
    return [_narrowed(frame) if schema is None else frame]


def _narrowed(frame: DataFrame) -> DataFrame:
    """Whole numbers as Glue types them: int where all fit, else bigint, which Spark's reader always says."""
    longs = [field.name for field in frame.schema.fields if isinstance(field.dataType, LongType)]
    if not longs:
        return frame
    bounds = frame.agg(
        *[
            function(column([name])).alias(f"{index}{function.__name__}")
            for index, name in enumerate(longs)
            for function in (F.min, F.max)
        ]
    ).first()
    fits = {
        name
        for index, name in enumerate(longs)
        if bounds is not None
        and (
            bounds[f"{index}min"] is None or (bounds[f"{index}min"] >= -_INT and bounds[f"{index}max"] < _INT)
        )
    }
    return frame.select(
        [column([n]).cast("int").alias(n) if n in fits else column([n]) for n in frame.columns]
    )


def _json_steps(path: str) -> list[str]:
    if path in ("", "$"):
        return []
    if not path.startswith("$"):
        raise NotSupportedError(f"the jsonPath {path}")
    steps, at = [], 1
    while at < len(path):
        match = _STEP.match(path, at)
        if match is None:
            raise NotSupportedError(f"the jsonPath {path} (names and [*] are understood)")
        steps.append(match[1] or match[2] or match[3])
        at = match.end()
    return steps


def _first_line(path: Path) -> bytes | None:
    opener: Any = {".gz": gzip.open, ".bz2": bz2.open}.get(path.suffix.lower(), open)
    try:
        with opener(path, "rb") as lines:
            line: bytes = lines.readline()
    except OSError as error:
        raise RuntimeFailure(f"a file of the source is not readable: {error}") from error
    return line.rstrip(b"\r\n") if line else None


_SEPARATORS = {"comma": ",", "tab": "\t", "pipe": "|", "semicolon": ";", "ctrla": "\u0001", "\\t": "\t"}
_QUOTES = {"quote": '"', "single_quote": "'", "quillemet": '"'}


def _separator(value: Any) -> str:
    return _SEPARATORS.get(str(value).lower(), str(value))


def _flag(value: Any) -> bool:
    return str(value).lower() == "true"


_READERS: dict[str, Any] = {
    "parquet": _parquet,
    "glueparquet": _parquet,
    "csv": _csv,
    "json": _json,
}
