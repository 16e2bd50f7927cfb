"""The transforms of a Glue job's script: `Name.apply(frame=…, …)`, each one method of a DynamicFrame."""

# Names are Glue's.

from __future__ import annotations

from typing import Any

from awsglue.dynamicframe import DynamicFrame, DynamicFrameCollection
from awsglue.gluetypes import null_paths
from bovespa.glue.runtime.errors import NotSupportedError

# What Glue has besides, and this machine does not.
_NOT_DONE = (
    "Coalesce", "ErrorsAsDynamicFrame", "FlatMap", "MapToCollection", "Relationalize", "Repartition", "Spigot",
    "SplitFields", "SplitRows", "Unbox", "UnnestFrame",
)  # fmt: skip

__all__ = [
    "ApplyMapping",
    "DropFields",
    "DropNullFields",
    "Filter",
    "Join",
    "Map",
    "RenameField",
    "ResolveChoice",
    "SelectFields",
    "SelectFromCollection",
    "Union",
    *_NOT_DONE,
]


class GlueTransform:
    """A transform is called on its class (`apply`) or on an instance."""

    @classmethod
    def apply(cls, *args: Any, **kwargs: Any) -> Any:
        return cls()(*args, **kwargs)

    @classmethod
    def name(cls) -> str:
        return cls.__name__

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        raise NotSupportedError(type(self).__name__, ctx=str(kwargs.get("transformation_ctx", "")))


class ApplyMapping(GlueTransform):
    def __call__(
        self,
        frame: DynamicFrame,
        mappings: Any,
        case_sensitive: bool = False,
        transformation_ctx: str = "",
        **_: Any,
    ) -> DynamicFrame:
        return frame.apply_mapping(mappings, case_sensitive, transformation_ctx)


class SelectFields(GlueTransform):
    def __call__(
        self, frame: DynamicFrame, paths: Any, transformation_ctx: str = "", **_: Any
    ) -> DynamicFrame:
        return frame.select_fields(paths, transformation_ctx)


class DropFields(GlueTransform):
    def __call__(
        self, frame: DynamicFrame, paths: Any, transformation_ctx: str = "", **_: Any
    ) -> DynamicFrame:
        return frame.drop_fields(paths, transformation_ctx)


class RenameField(GlueTransform):
    def __call__(
        self, frame: DynamicFrame, old_name: str, new_name: str, transformation_ctx: str = "", **_: Any
    ) -> DynamicFrame:
        return frame.rename_field(old_name, new_name, transformation_ctx)


class Join(GlueTransform):
    def __call__(
        self,
        frame1: DynamicFrame,
        frame2: DynamicFrame,
        keys1: Any,
        keys2: Any,
        transformation_ctx: str = "",
        **_: Any,
    ) -> DynamicFrame:
        return frame1.join(keys1, keys2, frame2, transformation_ctx)


class Union(GlueTransform):
    def __call__(
        self, frame1: DynamicFrame, frame2: DynamicFrame, transformation_ctx: str = "", **_: Any
    ) -> DynamicFrame:
        return frame1.union(frame2, transformation_ctx)


class Filter(GlueTransform):
    def __call__(self, frame: DynamicFrame, f: Any, transformation_ctx: str = "", **_: Any) -> DynamicFrame:
        return frame.filter(f, transformation_ctx)


class Map(GlueTransform):
    def __call__(self, frame: DynamicFrame, f: Any, transformation_ctx: str = "", **_: Any) -> DynamicFrame:
        return frame.map(f, transformation_ctx)


class ResolveChoice(GlueTransform):
    def __call__(
        self,
        frame: DynamicFrame,
        specs: Any = None,
        choice: str = "",
        transformation_ctx: str = "",
        database: str | None = None,
        table_name: str | None = None,
        **_: Any,
    ) -> DynamicFrame:
        return frame.resolveChoice(specs, choice, database, table_name, transformation_ctx)


class DropNullFields(GlueTransform):
    """Drops the fields of type null: those that no record has a value for."""

    def __call__(self, frame: DynamicFrame, transformation_ctx: str = "", **_: Any) -> DynamicFrame:
        return frame.drop_fields(null_paths(frame.schema()), transformation_ctx)


class SelectFromCollection(GlueTransform):
    def __call__(self, dfc: DynamicFrameCollection, key: str, transformation_ctx: str = "") -> DynamicFrame:
        return dfc.select(key, transformation_ctx)


globals().update({name: type(name, (GlueTransform,), {}) for name in _NOT_DONE})
