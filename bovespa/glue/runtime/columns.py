"""Operations on columns with the semantics of Glue's transforms, over Spark DataFrames.

A path names a column (`a`), a field of a struct (`a.b`) or, in backticks, a name that contains dots (``
`a.b` ``). As in Glue, a path that leads nowhere is passed over and is no error.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812 (the name everybody gives it)
from pyspark.sql.types import DataType, StructType

from bovespa.glue.runtime.errors import NotSupportedError, RuntimeFailure

_PART = re.compile(r"`([^`]*)`|([^.`]+)")
_SPARK_TYPES = {
    "string": "string",
    "varchar": "string",
    "char": "string",
    "int": "int",
    "integer": "int",
    "long": "bigint",
    "bigint": "bigint",
    "short": "smallint",
    "smallint": "smallint",
    "byte": "tinyint",
    "tinyint": "tinyint",
    "double": "double",
    "float": "float",
    "boolean": "boolean",
    "date": "date",
    "timestamp": "timestamp",
    "binary": "binary",
    "decimal": "decimal(10,2)",
}
_UNCAST = ("array", "struct", "map", "choice", "null", "union", "set", "unknown", "object", "")


def path_parts(path: str, schema: StructType) -> list[str] | None:
    """The names that lead to `path` in `schema`, as the schema spells them; None where it leads nowhere."""
    whole = _field_name(schema, path.strip("`") if path.count("`") == 2 else path)
    if whole is not None:
        return [whole]
    parts: list[str] = []
    current: DataType | None = schema
    for name in _split(path):
        if not isinstance(current, StructType) or (found := _field_name(current, name)) is None:
            return None
        parts.append(found)
        current = current[found].dataType
    return parts or None


def column(parts: Sequence[str]) -> Column:
    return F.col(".".join(f"`{part.replace('`', '``')}`" for part in parts))


def apply_mapping(frame: DataFrame, mappings: Iterable[Sequence[str]]) -> DataFrame:
    """Keep, rename and cast exactly the mapped columns.

    Args:
        mappings: (source, source type, target, target type) or (source, target). What is not mapped is dropped;
            a source that does not exist gives no target.
    """
    targets: dict[str, Any] = {}
    for mapping in mappings:
        source, target, kind = _mapping(mapping)
        parts = path_parts(source, frame.schema)
        if parts is None:
            continue
        value = column(parts)
        wanted = spark_type(kind)
        if wanted and _type_at(frame.schema, parts).simpleString() != wanted:
            value = value.cast(wanted)
        _place(targets, _split(target) if "." in target else [target.strip("`")], value, target)
    return frame.select([_build(value).alias(name) for name, value in targets.items()])


def select_fields(frame: DataFrame, paths: Iterable[str]) -> DataFrame:
    """Keep the columns (or fields of structs) named, in the order named."""
    targets: dict[str, Any] = {}
    for path in paths:
        if parts := path_parts(path, frame.schema):
            _place(targets, parts, column(parts), path)
    return frame.select([_build(value).alias(name) for name, value in targets.items()])


def drop_fields(frame: DataFrame, paths: Iterable[str]) -> DataFrame:
    for path in paths:
        parts = path_parts(path, frame.schema)
        if parts is None:
            continue
        if len(parts) == 1:
            frame = frame.select([column([name]) for name in frame.columns if name != parts[0]])
        else:
            inner = ".".join(f"`{part}`" for part in parts[1:])
            frame = _replaced(frame, parts[0], column([parts[0]]).dropFields(inner))
    return frame


def rename_field(frame: DataFrame, old: str, new: str) -> DataFrame:
    """Rename a column, or a field within its struct.

    Raises:
        RuntimeFailure: `old` is a column with a dot in its name, without back-ticks: Glue looks for a struct.
        NotSupportedError: the field would change its struct.
    """
    parts = path_parts(old, frame.schema)
    if parts is None:
        return frame
    if len(parts) == 1 and "." in old and "`" not in old:
        raise RuntimeFailure(f"RenameField finds no field {old}: a column with a dot in its name is `{old}`")
    if len(parts) == 1:
        if "." in new and "`" not in new:
            raise NotSupportedError(f"renaming the column {old} into a field of a struct, {new}")
        name = new.strip("`")
        clash = [each for each in frame.columns if each == name and each != parts[0]]
        if clash:
            frame = drop_fields(frame, [f"`{name}`"])  # Glue overwrites the field that has the name
        return frame.select(
            [column([each]).alias(name if each == parts[0] else each) for each in frame.columns]
        )
    target = _split(new)
    if target[:-1] != parts[:-1]:
        raise NotSupportedError(f"moving the field {old} to {new}, out of its struct")
    struct = ".".join([*(f"`{part}`" for part in target[1:-1]), f"`{target[-1]}`"])
    inner = ".".join(f"`{part}`" for part in parts[1:])
    return _replaced(frame, parts[0], column(parts[:1]).withField(struct, column(parts)).dropFields(inner))


def join(left: DataFrame, right: DataFrame, keys1: Sequence[str], keys2: Sequence[str]) -> DataFrame:
    """Equality join that keeps both sides' keys; a name of both sides gets a leading dot on the right."""
    if len(keys1) != len(keys2) or not keys1:
        raise RuntimeFailure(f"a join needs as many keys on either side, not {list(keys1)} and {list(keys2)}")
    taken = set(left.columns)
    names = {name: f".{name}" if name in taken else name for name in right.columns}
    left_keys = [_required(left, key, "left") for key in keys1]
    right_keys = [_required(right, key, "right") for key in keys2]
    a, b = left.alias("left"), right.alias("right")
    on = [
        column(["left", *one]) == column(["right", *two])
        for one, two in zip(left_keys, right_keys, strict=True)
    ]
    joined = a.join(b, on, "inner")
    return joined.select(
        [column(["left", name]).alias(name) for name in left.columns]
        + [column(["right", name]).alias(names[name]) for name in right.columns]
    )


def spark_type(kind: str) -> str | None:
    """The Spark type of a type name of Glue's; None for those that are taken as they are."""
    name = kind.strip().lower()
    if name.startswith("decimal(") or name in _SPARK_TYPES:
        return _SPARK_TYPES.get(name, name.replace(" ", ""))
    if re.match(r"(varchar|char)\(\d+\)$", name):
        return "string"
    if re.split(r"[<(]", name)[0] in _UNCAST:
        return None
    raise RuntimeFailure(f"{kind!r} is not a data type of AWS Glue")


def _mapping(mapping: Sequence[str]) -> tuple[str, str, str]:
    if len(mapping) == 4:
        return mapping[0], mapping[2], mapping[3]
    if len(mapping) == 2:
        return mapping[0], mapping[1], ""
    raise RuntimeFailure(f"a mapping has 4 parts (source, its type, target, its type), not {mapping!r}")


def _place(targets: dict[str, Any], parts: Sequence[str], value: Column, path: str) -> None:
    for part in parts[:-1]:
        targets = targets.setdefault(part, {})
        if not isinstance(targets, dict):
            raise RuntimeFailure(f"{path}: {part} is a column and a struct at once")
    targets[parts[-1]] = value


def _build(value: Any) -> Column:
    if isinstance(value, dict):
        return F.struct(*[_build(inner).alias(name) for name, inner in value.items()])
    return value  # type: ignore[no-any-return]


def _replaced(frame: DataFrame, name: str, value: Column) -> DataFrame:
    return frame.select([value.alias(name) if each == name else column([each]) for each in frame.columns])


def _required(frame: DataFrame, path: str, side: str) -> list[str]:
    parts = path_parts(path, frame.schema)
    if parts is None:
        known = ", ".join(frame.columns) or "none"
        raise RuntimeFailure(f"the {side} side of the join has no column {path} (it has: {known})")
    return parts


def _type_at(schema: StructType, parts: Sequence[str]) -> DataType:
    current: DataType = schema
    for part in parts:
        current = current[part].dataType  # type: ignore[index]
    return current


def _field_name(schema: StructType, name: str) -> str | None:
    if name in schema.names:
        return name
    folded = name.lower()
    return next((each for each in schema.names if each.lower() == folded), None)


def _split(path: str) -> list[str]:
    return [quoted or plain for quoted, plain in _PART.findall(path)]


def cast_fields(frame: DataFrame, casts: Mapping[str, str]) -> DataFrame:
    """Columns cast to Glue types, by path; what the frame lacks is passed over."""
    for path, kind in casts.items():
        parts, wanted = path_parts(path, frame.schema), spark_type(kind)
        if parts is None or wanted is None or _type_at(frame.schema, parts).simpleString() == wanted:
            continue
        if len(parts) > 1:
            inner = ".".join(f"`{part}`" for part in parts[1:])
            frame = _replaced(frame, parts[0], column(parts[:1]).withField(inner, column(parts).cast(wanted)))
        else:
            frame = _replaced(frame, parts[0], column(parts).cast(wanted))
    return frame


def filter_partitions(frame: DataFrame, predicate: str) -> DataFrame:
    """A push-down predicate as a plain filter: the rows are the same."""
    return frame.where(predicate) if predicate and frame.columns else frame
