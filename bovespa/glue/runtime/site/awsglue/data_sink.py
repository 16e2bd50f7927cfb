"""`DataSink`: a target in S3, and its table in the catalogue if it updates one."""

# Names are Glue's.
# ruff: noqa: A002, N802, N803

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from awsglue.dynamicframe import DynamicFrame, DynamicFrameCollection
from bovespa.glue.runtime import writing
from bovespa.glue.runtime.engine import current
from bovespa.glue.runtime.errors import RuntimeFailure
from bovespa.glue.runtime.table_input import UPDATE_IN_DATABASE


class DataSink:
    """What `getSink` returns: set the format and the table, then `writeFrame`."""

    def __init__(self, options: Mapping[str, Any], transformation_ctx: str = "") -> None:
        self._options = dict(options)
        self._ctx = transformation_ctx
        self._format = ""
        self._format_options: dict[str, Any] = {}
        self._database = self._table = ""

    def setFormat(self, format: str, **options: Any) -> None:
        self._format = format.lower()
        self._format_options = options

    def setCatalogInfo(self, catalogDatabase: str, catalogTableName: str, catalogId: str = "") -> None:
        self._database, self._table = catalogDatabase, catalogTableName

    def setAccumulableSize(self, size: int) -> None:
        """Without meaning here."""

    def writeFrame(self, dynamic_frame: DynamicFrame, info: str = "") -> DynamicFrame:
        updates = str(self._options.get("enableUpdateCatalog", False)).lower() == "true"
        if updates and not self._table:
            raise RuntimeFailure(
                f"the target {self._ctx} updates the catalogue but names no table (setCatalogInfo)"
            )
        if not self._options.get("path"):
            raise RuntimeFailure(f"the target {self._ctx} has no path")
        writing.write(
            current(),
            dynamic_frame.toDF(),
            writing.Target(
                path=str(self._options["path"]),
                ctx=self._ctx,
                file_format=self._format or "parquet",
                format_options=self._format_options,
                partition_keys=writing.partition_keys(self._options.get("partitionKeys")),
                compression=str(
                    self._format_options.get("compression") or self._options.get("compression") or ""
                ),
                database=self._database if updates else "",
                table=self._table if updates else "",
                behavior=str(self._options.get("updateBehavior") or UPDATE_IN_DATABASE),
            ),
        )
        return dynamic_frame

    def write(self, dynamic_frame_or_dfc: DynamicFrame | DynamicFrameCollection, info: str = "") -> Any:
        if isinstance(dynamic_frame_or_dfc, DynamicFrameCollection):
            for frame in dynamic_frame_or_dfc.values():
                self.writeFrame(frame)
            return dynamic_frame_or_dfc
        return self.writeFrame(dynamic_frame_or_dfc)
