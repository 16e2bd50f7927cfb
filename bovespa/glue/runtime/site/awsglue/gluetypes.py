"""The types of a DynamicFrame's schema, as scripts that Glue Studio generates walk through them."""

# Names are Glue's.
# ruff: noqa: N802, N803

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pyspark.sql import types as spark


class DataType:
    """A type without parts; two of the same class are equal."""

    def typeName(self) -> str:
        return type(self).__name__.removesuffix("Type").lower()

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and vars(self) == vars(other)

    def __hash__(self) -> int:
        return hash(type(self))

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class BinaryType(DataType): ...


class BooleanType(DataType): ...


class ByteType(DataType): ...


class DateType(DataType): ...


class DoubleType(DataType): ...


class FloatType(DataType): ...


class IntegerType(DataType): ...


class LongType(DataType): ...


class NullType(DataType): ...


class ShortType(DataType): ...


class StringType(DataType): ...


class TimestampType(DataType): ...


class UnknownType(DataType): ...


class ChoiceType(DataType): ...


class DecimalType(DataType):
    def __init__(self, precision: int = 10, scale: int = 2) -> None:
        self.precision, self.scale = precision, scale


class ArrayType(DataType):
    def __init__(self, elementType: DataType) -> None:
        self.elementType = elementType


class MapType(DataType):
    def __init__(self, keyType: DataType, valueType: DataType) -> None:
        self.keyType, self.valueType = keyType, valueType


class Field:
    def __init__(self, name: str, dataType: DataType) -> None:
        self.name, self.dataType = name, dataType


class StructType(DataType):
    def __init__(self, fields: list[Field] | None = None) -> None:
        self.fields = fields or []
        self.field_map = {field.name: field for field in self.fields}

    def __iter__(self) -> Iterator[Field]:
        return iter(self.fields)


_ATOMIC: dict[type[spark.DataType], type[DataType]] = {
    spark.BinaryType: BinaryType,
    spark.BooleanType: BooleanType,
    spark.ByteType: ByteType,
    spark.DateType: DateType,
    spark.DoubleType: DoubleType,
    spark.FloatType: FloatType,
    spark.IntegerType: IntegerType,
    spark.LongType: LongType,
    spark.NullType: NullType,
    spark.ShortType: ShortType,
    spark.StringType: StringType,
    spark.TimestampType: TimestampType,
    spark.TimestampNTZType: TimestampType,
}


def from_spark(kind: Any) -> DataType:
    """A Spark type as one of Glue's."""
    if isinstance(kind, spark.StructType):
        return StructType([Field(field.name, from_spark(field.dataType)) for field in kind.fields])
    if isinstance(kind, spark.ArrayType):
        return ArrayType(from_spark(kind.elementType))
    if isinstance(kind, spark.MapType):
        return MapType(from_spark(kind.keyType), from_spark(kind.valueType))
    if isinstance(kind, spark.DecimalType):
        return DecimalType(kind.precision, kind.scale)
    return _ATOMIC.get(type(kind), UnknownType)()


def null_paths(schema: DataType, before: str = "") -> list[str]:
    """Paths of the fields of type null, of structs in arrays too, each part in back-ticks."""
    inner = schema.elementType if isinstance(schema, ArrayType) else schema
    if not isinstance(inner, StructType):
        return [before.removesuffix(".")] if isinstance(inner, NullType) and inner is schema else []
    return [path for field in inner for path in null_paths(field.dataType, f"{before}`{field.name}`.")]
