"""`DynamicFrame` and its collection: a Spark DataFrame with the methods that Glue gives it.

There are no choice types here, since every column of a DataFrame has one type; and no error records: what
Glue would set aside as one fails the job.
"""

# Names are Glue's.
# ruff: noqa: A002, N802, N803

from __future__ import annotations

from collections.abc import Callable, ItemsView, Iterable, KeysView, Mapping, Sequence
from typing import Any

from pyspark.sql import DataFrame

from awsglue import gluetypes
from bovespa.glue.runtime import columns, rows
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
        return self._dataframe

    def _with(self, dataframe: DataFrame, ctx: str = "") -> DynamicFrame:
        return DynamicFrame(dataframe, self.glue_ctx, ctx or self.name)

    # What is in it

    def schema(self) -> gluetypes.DataType:
        return gluetypes.from_spark(self._dataframe.schema)

    def printSchema(self) -> None:
        self._dataframe.printSchema()

    def show(self, num_rows: int = 20) -> None:
        self._dataframe.show(num_rows)

    def count(self) -> int:
        return self._dataframe.count() if self._dataframe.columns else 0

    def errorsCount(self) -> int:
        return 0

    def errorsAsDynamicFrame(self) -> DynamicFrame:
        return self._with(self._dataframe.limit(0))

    def stageErrorsCount(self) -> int:
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

    def split_fields(
        self, paths: _Paths, name1: str, name2: str, transformation_ctx: str = "", **_: Any
    ) -> DynamicFrameCollection:
        named = _listed(paths)
        parts = {name1: self.select_fields(named), name2: self.drop_fields(named)}
        return DynamicFrameCollection(parts, self.glue_ctx)

    def unnest(self, transformation_ctx: str = "", **_: Any) -> DynamicFrame:
        return self._with(columns.flatten(self._dataframe, separator=".", levels=0), transformation_ctx)

    def resolveChoice(
        self,
        specs: Sequence[tuple[str, str]] | None = None,
        choice: str = "",
        database: str | None = None,
        table_name: str | None = None,
        transformation_ctx: str = "",
        **_: Any,
    ) -> DynamicFrame:
        """`cast:TYPE` and `project:TYPE` cast; `match_catalog` casts to the table's types; the rest changes
        nothing."""
        casts = {path: action.partition(":")[2] for path, action in specs or () if ":" in action}
        if choice == "match_catalog" and database and table_name:
            casts |= self.glue_ctx.catalog_types(database, table_name)
        elif ":" in choice:
            raise NotSupportedError(f"resolveChoice with choice={choice!r}", ctx=transformation_ctx)
        return self._with(columns.cast_fields(self._dataframe, casts), transformation_ctx)

    # Rows

    def filter(self, f: Callable[[Any], Any], transformation_ctx: str = "", **_: Any) -> DynamicFrame:
        return self._with(rows.keep(self._dataframe, f), transformation_ctx)

    def map(self, f: Callable[[Any], Any], transformation_ctx: str = "", **_: Any) -> DynamicFrame:
        return self._with(rows.transform(self._dataframe, f), transformation_ctx)

    def split_rows(
        self,
        comparison_dict: Mapping[str, Mapping[str, Any]],
        name1: str,
        name2: str,
        transformation_ctx: str = "",
        **_: Any,
    ) -> DynamicFrameCollection:
        condition = rows.comparison(self._dataframe, comparison_dict)
        first = self._dataframe.where(condition)
        second = self._dataframe.where(~rows.certain(condition))
        return DynamicFrameCollection({name1: self._with(first), name2: self._with(second)}, self.glue_ctx)

    def join(
        self, paths1: _Paths, paths2: _Paths, frame2: DynamicFrame, transformation_ctx: str = "", **_: Any
    ) -> DynamicFrame:
        joined = columns.join(self._dataframe, frame2.toDF(), _listed(paths1), _listed(paths2))
        return self._with(joined, transformation_ctx or self.name + frame2.name)

    def union(self, frame2: DynamicFrame, transformation_ctx: str = "", **_: Any) -> DynamicFrame:
        united = self._dataframe.unionByName(frame2.toDF(), allowMissingColumns=True)
        return self._with(united, transformation_ctx)

    def mergeDynamicFrame(
        self, stage_dynamic_frame: DynamicFrame, primary_keys: _Paths, transformation_ctx: str = "", **_: Any
    ) -> DynamicFrame:
        """The records of the stage frame, and those of this one whose keys it does not have."""
        keys = _listed(primary_keys)
        stage = stage_dynamic_frame.toDF()
        kept = self._dataframe.join(stage.select(*keys).distinct(), keys, "left_anti").select(
            self._dataframe.columns
        )
        return self._with(kept.unionByName(stage, allowMissingColumns=True), transformation_ctx)

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

    def spigot(
        self, path: str, options: Mapping[str, Any] | None = None, transformation_ctx: str = "", **_: Any
    ) -> DynamicFrame:
        """Write a sample as JSON: the first `topk` records, or each with the probability `prob`."""
        sample, chosen = self._dataframe, options or {}
        if chosen.get("prob"):
            sample = sample.sample(fraction=float(chosen["prob"]))
        if chosen.get("topk"):
            sample = sample.limit(int(chosen["topk"]))
        self._with(sample).write("s3", {"path": path}, "json")
        return self

    def unbox(self, path: str, format: str, transformation_ctx: str = "", **options: Any) -> DynamicFrame:
        if format != "json":
            raise NotSupportedError(f"Unbox of the format {format}", ctx=transformation_ctx)
        return self._with(columns.parse_json(self._dataframe, path), transformation_ctx)

    def relationalize(self, *_: Any, transformation_ctx: str = "", **__: Any) -> DynamicFrameCollection:
        raise NotSupportedError("Relationalize", ctx=transformation_ctx)


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
