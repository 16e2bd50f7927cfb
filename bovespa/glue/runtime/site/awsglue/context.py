"""`GlueContext`: sources, targets and purging, over the store and the catalogue of the run."""

# Names are Glue's.
# ruff: noqa: A002, N802, N803

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from pyspark.sql import SparkSession

from awsglue.data_sink import DataSink
from awsglue.dynamicframe import DynamicFrame, DynamicFrameCollection
from bovespa.glue.runtime import catalog_tables, reading, source, target
from bovespa.glue.runtime.bookmark import Band
from bovespa.glue.runtime.columns import filter_partitions
from bovespa.glue.runtime.engine import current
from bovespa.glue.runtime.errors import NotSupportedError, RuntimeFailure

_Options = Mapping[str, Any] | None


class GlueContext:
    """Wraps a SparkContext; what it does not have itself (`sql`, `read`, …) is the session's."""

    def __init__(self, sparkContext: Any, **_: Any) -> None:
        self._sc = sparkContext
        self.spark_session = SparkSession(sparkContext)
        self.create_dynamic_frame = DynamicFrameReader(self)
        self.write_dynamic_frame = DynamicFrameWriter(self)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        try:
            return getattr(self.spark_session, name)
        except AttributeError:
            raise AttributeError(f"awsglue on this machine does not do GlueContext.{name}") from None

    def get_logger(self) -> logging.Logger:
        return logging.getLogger("GlueLogger")

    # Sources

    def create_dynamic_frame_from_options(
        self,
        connection_type: str,
        connection_options: _Options = None,
        format: str | None = None,
        format_options: _Options = None,
        transformation_ctx: str = "",
        push_down_predicate: str = "",
        **_: Any,
    ) -> DynamicFrame:
        """A source in S3. Without (new) files the frame has no rows and no columns."""
        options = dict(connection_options or {})
        kind = (format or "").lower()
        if connection_type.lower() in reading.FORMATS:
            connection_type, kind = "s3", connection_type.lower()
        if connection_type.lower() not in ("s3", "file"):
            raise NotSupportedError(f"sources of the type {connection_type}", ctx=transformation_ctx)
        if not kind:
            raise RuntimeFailure(f"the source {transformation_ctx} has no format")
        paths = options.get("paths") or options.get("path") or []
        source.check_options(options, transformation_ctx)
        groups = source.fetch(
            current(),
            [paths] if isinstance(paths, str) else list(paths),
            ctx=transformation_ctx,
            recurse=str(options.get("recurse", False)).lower() == "true",
            exclusions=source.exclusion_list(options.get("exclusions")),
            band=Band.of(options),
        )
        frame = reading.read(self.spark_session, groups, kind, format_options or {})
        return DynamicFrame.fromDF(filter_partitions(frame, push_down_predicate), self, transformation_ctx)

    def create_dynamic_frame_from_catalog(
        self,
        database: str | None = None,
        table_name: str | None = None,
        redshift_tmp_dir: str = "",
        transformation_ctx: str = "",
        push_down_predicate: str = "",
        additional_options: _Options = None,
        **kwargs: Any,
    ) -> DynamicFrame:
        """A catalogued table in S3, with the catalogue's columns, types and partition keys."""
        table = catalog_tables.find(current(), _database(database, kwargs), _named(table_name))
        frame = catalog_tables.read(
            current(), self.spark_session, table, ctx=transformation_ctx, predicate=push_down_predicate,
            options=additional_options or {},
        )  # fmt: skip
        return DynamicFrame.fromDF(frame, self, transformation_ctx)

    def catalog_types(self, database: str, table_name: str) -> dict[str, str]:
        return catalog_tables.types(catalog_tables.find(current(), database, table_name))

    # Targets

    def getSink(
        self,
        connection_type: str,
        format: str | None = None,
        transformation_ctx: str = "",
        **options: Any,
    ) -> DataSink:
        if connection_type.lower() not in ("s3", "file"):
            raise NotSupportedError(f"targets of the type {connection_type}", ctx=transformation_ctx)
        sink = DataSink(options, transformation_ctx)
        if format:
            sink.setFormat(format)
        return sink

    def write_dynamic_frame_from_options(
        self,
        frame: DynamicFrame | DynamicFrameCollection,
        connection_type: str,
        connection_options: _Options = None,
        format: str | None = None,
        format_options: _Options = None,
        transformation_ctx: str = "",
        **_: Any,
    ) -> Any:
        sink = self.getSink(connection_type, None, transformation_ctx, **dict(connection_options or {}))
        if not format:
            raise RuntimeFailure(f"the target {transformation_ctx} has no format")
        sink.setFormat(format, **dict(format_options or {}))
        return sink.write(frame)

    write_from_options = write_dynamic_frame_from_options

    def write_dynamic_frame_from_catalog(
        self,
        frame: DynamicFrame,
        database: str | None = None,
        table_name: str | None = None,
        redshift_tmp_dir: str = "",
        transformation_ctx: str = "",
        additional_options: _Options = None,
        **kwargs: Any,
    ) -> DynamicFrame:
        """Append to a catalogued table, at its place and in its format."""
        table = catalog_tables.find(current(), _database(database, kwargs), _named(table_name))
        options = dict(additional_options or {})
        catalog_tables.write(current(), frame.toDF(), table, ctx=transformation_ctx, options=options)
        return frame

    # Deleting

    def purge_s3_path(
        self, s3_path: str, options: _Options = None, transformation_ctx: str = "", **_: Any
    ) -> None:
        """Delete files under `s3_path` that are older than `retentionPeriod` hours (168 unless told)."""
        target.purge(current(), s3_path, options or {}, ctx=transformation_ctx)


class DynamicFrameReader:
    def __init__(self, glue_context: GlueContext) -> None:
        self._glue_context = glue_context

    def from_options(self, *args: Any, **kwargs: Any) -> DynamicFrame:
        return self._glue_context.create_dynamic_frame_from_options(*args, **kwargs)

    def from_catalog(self, *args: Any, **kwargs: Any) -> DynamicFrame:
        return self._glue_context.create_dynamic_frame_from_catalog(*args, **kwargs)


class DynamicFrameWriter:
    def __init__(self, glue_context: GlueContext) -> None:
        self._glue_context = glue_context

    def from_options(self, *args: Any, **kwargs: Any) -> Any:
        return self._glue_context.write_dynamic_frame_from_options(*args, **kwargs)

    def from_catalog(self, *args: Any, **kwargs: Any) -> DynamicFrame:
        return self._glue_context.write_dynamic_frame_from_catalog(*args, **kwargs)


def _database(database: str | None, options: Mapping[str, Any]) -> str:
    chosen = database or options.get("name_space")
    if not chosen:
        raise RuntimeFailure("a source or target in the catalogue needs a database")
    return str(chosen)


def _named(table_name: str | None) -> str:
    if not table_name:
        raise RuntimeFailure("a source or target in the catalogue needs a table_name")
    return table_name
