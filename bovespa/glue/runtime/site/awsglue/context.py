"""`GlueContext`: sources, targets and purging, over the store and the catalogue of the run."""

# Names are Glue's.
# ruff: noqa: A002, N802, N803

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from awsglue.data_sink import DataSink
from awsglue.dynamicframe import DynamicFrame, DynamicFrameCollection
from bovespa.glue.runtime import catalog_tables, purging, reading, source
from bovespa.glue.runtime.columns import filter_partitions
from bovespa.glue.runtime.engine import current
from bovespa.glue.runtime.errors import NotSupportedError, RuntimeFailure

_Options = Mapping[str, Any] | None


class GlueContext:
    """Wraps a SparkContext. What it does not have itself (`sql`, `read`, `createDataFrame`, …) is the
    session's."""

    def __init__(self, sparkContext: Any, **_: Any) -> None:
        self._sc = sparkContext
        self.spark_session = SparkSession(sparkContext)
        self.create_dynamic_frame = DynamicFrameReader(self)
        self.write_dynamic_frame = DynamicFrameWriter(self)
        self.create_data_frame = DataFrameReader(self)
        self.write_data_frame = DataFrameWriter(self)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self.spark_session, name)

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
        groups = source.fetch(
            current(),
            [paths] if isinstance(paths, str) else list(paths),
            ctx=transformation_ctx,
            recurse=str(options.get("recurse", False)).lower() == "true",
            exclusions=source.exclusion_list(options.get("exclusions")),
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
        purging.purge_path(current(), s3_path, options or {}, ctx=transformation_ctx)

    def purge_table(
        self, database: str, table_name: str, options: _Options = None, transformation_ctx: str = "", **_: Any
    ) -> None:
        """Delete the files of a table, or of the partitions that `partitionPredicate` names, and then-empty
        partitions from the catalogue."""
        table = catalog_tables.find(current(), database, table_name)
        purging.purge_table(current(), self.spark_session, table, options or {}, ctx=transformation_ctx)

    def transition_s3_path(self, *_: Any, **__: Any) -> None:
        raise NotSupportedError("transition_s3_path")

    def transition_table(self, *_: Any, **__: Any) -> None:
        raise NotSupportedError("transition_table")


class DynamicFrameReader:
    def __init__(self, glue_context: GlueContext) -> None:
        self._glue_context = glue_context

    def from_options(self, *args: Any, **kwargs: Any) -> DynamicFrame:
        return self._glue_context.create_dynamic_frame_from_options(*args, **kwargs)

    def from_catalog(self, *args: Any, **kwargs: Any) -> DynamicFrame:
        return self._glue_context.create_dynamic_frame_from_catalog(*args, **kwargs)

    def from_rdd(self, data: Any, name: str, schema: Any = None, **_: Any) -> DynamicFrame:
        session = self._glue_context.spark_session
        return DynamicFrame.fromDF(session.createDataFrame(data, schema), self._glue_context, name)


class DynamicFrameWriter:
    def __init__(self, glue_context: GlueContext) -> None:
        self._glue_context = glue_context

    def from_options(self, *args: Any, **kwargs: Any) -> Any:
        return self._glue_context.write_dynamic_frame_from_options(*args, **kwargs)

    def from_catalog(self, *args: Any, **kwargs: Any) -> DynamicFrame:
        return self._glue_context.write_dynamic_frame_from_catalog(*args, **kwargs)

    def from_jdbc_conf(self, *_: Any, **kwargs: Any) -> Any:
        raise NotSupportedError("targets through JDBC", ctx=str(kwargs.get("transformation_ctx", "")))


class DataFrameReader:
    """The same sources as Spark DataFrames."""

    def __init__(self, glue_context: GlueContext) -> None:
        self._glue_context = glue_context

    def from_options(self, *args: Any, **kwargs: Any) -> DataFrame:
        frame: DataFrame = self._glue_context.create_dynamic_frame_from_options(*args, **kwargs).toDF()
        return frame

    def from_catalog(self, *args: Any, **kwargs: Any) -> DataFrame:
        frame: DataFrame = self._glue_context.create_dynamic_frame_from_catalog(*args, **kwargs).toDF()
        return frame


class DataFrameWriter:
    def __init__(self, glue_context: GlueContext) -> None:
        self._glue_context = glue_context

    def from_catalog(self, frame: DataFrame, *args: Any, **kwargs: Any) -> None:
        wrapped = DynamicFrame.fromDF(frame, self._glue_context, "")
        self._glue_context.write_dynamic_frame_from_catalog(wrapped, *args, **kwargs)


def _database(database: str | None, options: Mapping[str, Any]) -> str:
    chosen = database or options.get("name_space")
    if not chosen:
        raise RuntimeFailure("a source or target in the catalogue needs a database")
    return str(chosen)


def _named(table_name: str | None) -> str:
    if not table_name:
        raise RuntimeFailure("a source or target in the catalogue needs a table_name")
    return table_name
