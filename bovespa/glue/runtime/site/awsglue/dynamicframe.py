"""`DynamicFrame` and its collection: a Spark DataFrame with the methods that Glue gives it.

There are no choice types here, since every column of a DataFrame has one type; and no error records: what
Glue would set aside as one fails the job.

In Glue a field that is null in every record has the type null, since types come from the records. `schema` says so
here too. Which of the two a job then meets in its DataFrames no documentation tells, so GLUE_LOCAL_ALL_NULL in the
run's environment chooses: `void` (`toDF` gives such a column Spark's void type), `missing` (it is not there), and by
default its declared type.
"""

# Names are Glue's.
# ruff: noqa: A002, N802, N803

from __future__ import annotations

from collections.abc import Callable, ItemsView, Iterable, KeysView, Mapping, Sequence
from typing import Any

from pyspark.sql import DataFrame

from awsglue import gluetypes
from bovespa.glue.runtime import columns, nulls, rows
from bovespa.glue.runtime.errors import NotSupportedError, RuntimeFailure

_Paths = str | Iterable[str | list[str]]


class ResolveOption:
    """Kept for scripts that import it; without choice types it changes nothing."""

    def __init__(self, path: str, action: str, target: Any = None) -> None:
        self.path, self.action, self.target = path, action, target


class DynamicFrame:
    """A DataFrame, the GlueContext it belongs to, and a name."""

    def __init__(self, dataframe: DataFrame, glue_ctx: Any, name: str = "") -> None:
        self._dataframe = dataframe
        self.glue_ctx = glue_ctx
        self.name = name

    @classmethod
    def fromDF(cls, dataframe: DataFrame, glue_ctx: Any, name: str = "") -> DynamicFrame:
        return cls(dataframe, glue_ctx, name)

    def toDF(self, options: Any = None) -> DataFrame:
        return nulls.handed_over(self._dataframe)

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"awsglue on this machine does not do DynamicFrame.{name}")

    def _with(self, dataframe: DataFrame, ctx: str = "") -> DynamicFrame:
        return DynamicFrame(dataframe, self.glue_ctx, ctx or self.name)

    # What is in it

    def schema(self) -> gluetypes.DataType:
        return gluetypes.from_spark(nulls.as_void(self._dataframe).schema)

    def printSchema(self) -> None:
        self._dataframe.printSchema()

    def show(self, num_rows: int = 20) -> None:
        self._dataframe.show(num_rows)

    def count(self) -> int:
        return self._dataframe.count() if self._dataframe.columns else 0

    def errorsCount(self) -> int:
        return 0

    def getNumPartitions(self) -> int:
        return int(self._dataframe.rdd.getNumPartitions())

    # Columns

    def apply_mapping(
        self,
        mappings: Iterable[Sequence[str]],
        case_sensitive: bool = False,
        transformation_ctx: str = "",
        **_: Any,
    ) -> DynamicFrame:
        return self._with(columns.apply_mapping(self._dataframe, mappings), transformation_ctx)

    def select_fields(self, paths: _Paths, transformation_ctx: str = "", **_: Any) -> DynamicFrame:
        return self._with(columns.select_fields(self._dataframe, _listed(paths)), transformation_ctx)

    def drop_fields(self, paths: _Paths, transformation_ctx: str = "", **_: Any) -> DynamicFrame:
        return self._with(columns.drop_fields(self._dataframe, _listed(paths)), transformation_ctx)

    def rename_field(
        self, oldName: str, newName: str, transformation_ctx: str = "", **_: Any
    ) -> DynamicFrame:
        return self._with(columns.rename_field(self._dataframe, oldName, newName), transformation_ctx)

    def resolveChoice(
        self,
        specs: Sequence[tuple[str, str]] | tuple[str, str] | None = None,
        choice: str = "",
        database: str | None = None,
        table_name: str | None = None,
        transformation_ctx: str = "",
        **_: Any,
    ) -> DynamicFrame:
        """`cast:TYPE` and `project:TYPE` of a path cast it; `match_catalog` casts to the table's types.

        Raises:
            NotSupportedError: another choice, which would depend on choice types.
        """
        if (specs is None) == (not choice):
            raise RuntimeFailure("resolveChoice takes either specs or choice")
        if choice:
            if choice.lower() != "match_catalog":
                raise NotSupportedError(f"resolveChoice with choice={choice!r}", ctx=transformation_ctx)
            if not (database and table_name):
                raise RuntimeFailure("resolveChoice with match_catalog needs database and table_name")
            casts = self.glue_ctx.catalog_types(database, table_name)
            return self._with(columns.cast_fields(self._dataframe, casts), transformation_ctx)
        pairs = [specs] if isinstance(specs, tuple) and isinstance(specs[0], str) else list(specs or ())
        casts = {}
        for path, action in pairs:
            kind, _colon, wanted = str(action).partition(":")
            if kind.lower() not in ("cast", "project") or not wanted:
                raise NotSupportedError(
                    f"resolveChoice of {path} with the action {action!r}", ctx=transformation_ctx
                )
            casts[str(path)] = wanted
        return self._with(columns.cast_fields(self._dataframe, casts), transformation_ctx)

    # Rows

    def filter(self, f: Callable[[Any], Any], transformation_ctx: str = "", **_: Any) -> DynamicFrame:
        return self._with(rows.keep(self._dataframe, f), transformation_ctx)

    def map(self, f: Callable[[Any], Any], transformation_ctx: str = "", **_: Any) -> DynamicFrame:
        return self._with(rows.transform(self._dataframe, f), transformation_ctx)

    def join(
        self, paths1: _Paths, paths2: _Paths, frame2: DynamicFrame, transformation_ctx: str = "", **_: Any
    ) -> DynamicFrame:
        joined = columns.join(self._dataframe, frame2._dataframe, _listed(paths1), _listed(paths2))
        return self._with(joined, transformation_ctx or self.name + frame2.name)

    def union(self, frame2: DynamicFrame, transformation_ctx: str = "", **_: Any) -> DynamicFrame:
        united = self._dataframe.unionByName(frame2._dataframe, allowMissingColumns=True)
        return self._with(united, transformation_ctx)

    def repartition(self, num_partitions: int, transformation_ctx: str = "", **_: Any) -> DynamicFrame:
        return self._with(self._dataframe.repartition(num_partitions), transformation_ctx)

    def coalesce(
        self, num_partitions: int, shuffle: bool = False, transformation_ctx: str = "", **_: Any
    ) -> DynamicFrame:
        return self._with(self._dataframe.coalesce(num_partitions), transformation_ctx)

    # Out

    def write(
        self,
        connection_type: str,
        connection_options: Mapping[str, Any],
        format: str | None = None,
        format_options: Mapping[str, Any] | None = None,
        **_: Any,
    ) -> DynamicFrame:
        written: DynamicFrame = self.glue_ctx.write_dynamic_frame_from_options(
            self, connection_type, connection_options, format, format_options
        )
        return written


class DynamicFrameCollection:
    """Frames by name, in order."""

    def __init__(
        self, dynamic_frames: Mapping[str, DynamicFrame] | Iterable[DynamicFrame], glue_ctx: Any
    ) -> None:
        if isinstance(dynamic_frames, Mapping):
            self._frames: dict[str, DynamicFrame] = dict(dynamic_frames)
        else:
            self._frames = {frame.name: frame for frame in dynamic_frames}
        self._glue_ctx = glue_ctx

    def select(self, key: str, transformation_ctx: str = "") -> DynamicFrame:
        try:
            return self._frames[key]
        except KeyError:
            known = ", ".join(self._frames) or "nothing"
            raise RuntimeFailure(f"the collection has no frame {key!r}, it has: {known}") from None

    def map(
        self, callable: Callable[..., DynamicFrame], transformation_ctx: str = ""
    ) -> DynamicFrameCollection:
        done = {name: callable(frame, transformation_ctx) for name, frame in self._frames.items()}
        return DynamicFrameCollection(done, self._glue_ctx)

    def keys(self) -> KeysView[str]:
        return self._frames.keys()

    def values(self) -> list[DynamicFrame]:
        return list(self._frames.values())

    def items(self) -> ItemsView[str, DynamicFrame]:
        return self._frames.items()

    def __getitem__(self, key: str) -> DynamicFrame:
        return self.select(key)

    def __len__(self) -> int:
        return len(self._frames)


def _listed(paths: _Paths) -> list[str]:
    if isinstance(paths, str):
        return [paths]
    return [path[-1] if isinstance(path, (list, tuple)) else path for path in paths]
