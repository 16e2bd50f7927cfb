"""Glue Studio's "Download": the editor's own node objects, brought to the API's kinds and fields.

The editor spells fields in camelCase, gives column paths as one string (`a.b`, a part with dots in
backquotes) where the API has lists of names, and tells a node's kind by `classification`, `type`, `format`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from glue.dialect_console_job import console_properties
from glue.errors import DefinitionError
from glue.model import Node
from glue.nodes import kinds, service_model

__all__ = ["console_node", "console_properties"]

S3_SOURCES = {
    "csv": "S3CsvSource",
    "json": "S3JsonSource",
    "parquet": "S3ParquetSource",
    "hudi": "S3HudiSource",
    "delta": "S3DeltaSource",
    "excel": "S3ExcelSource",
}
S3_TARGETS = {
    "glueparquet": "S3GlueParquetTarget",
    "hudi": "S3HudiDirectTarget",
    "delta": "S3DeltaDirectTarget",
    "iceberg": "S3IcebergDirectTarget",
    "hyper": "S3HyperDirectTarget",
}
SOURCES = {
    "Catalog": "CatalogSource",
    "Redshift": "AmazonRedshiftSource",
    "Snowflake": "SnowflakeSource",
    "DynamoDB": "DynamoDBCatalogSource",
    "Kinesis": "DirectKinesisSource",
    "Kafka": "DirectKafkaSource",
}
TARGETS = {
    "Catalog": "CatalogTarget",
    "Redshift": "AmazonRedshiftTarget",
    "Snowflake": "SnowflakeTarget",
}
TRANSFORMS = {
    "SQL": "SparkSQL",
    "SqlQuery": "SparkSQL",
    "SqlCode": "SparkSQL",
    "CustomTransform": "CustomCode",
    "EvaluateDataQualityMultiframe": "EvaluateDataQualityMultiFrame",
}
DIRECT_JDBC = frozenset({"mysql", "postgresql", "oracle", "sqlserver"})
SEPARATORS = {",": "comma", "\x01": "ctrla", "|": "pipe", ";": "semicolon", "\t": "tab", "\\t": "tab"}
QUOTE_CHARS = {'"': "quote", "\u00ab": "quillemet", "'": "single_quote", "-1": "disabled", "": "disabled"}
# Lists whose elements are column paths, themselves lists of names (GlueStudioPathList in the API's model).
PATH_LIST = "GlueStudioPathList"
PATH = "EnclosedInStringProperties"


def console_node(node_id: str, body: Any) -> Node:
    """One entry of `dag` as a Node.

    Raises:
        DefinitionError: its kind is not known; the message names it.
    """
    if not isinstance(body, dict):
        raise DefinitionError(f"node {node_id}: is not an object")
    name = str(body.get("name") or "")
    kind = _kind(node_id, name, body)
    inputs = body.get("inputs") or []
    if not isinstance(inputs, list) or not all(isinstance(item, str) for item in inputs):
        raise DefinitionError(f"node {node_id}: inputs is not a list of node ids")
    shape = service_model().shape_for("CodeGenConfigurationNode").members[kind]
    fields = {key[:1].upper() + key[1:]: value for key, value in body.items()}
    properties: dict[str, Any] = {}
    for member, member_shape in shape.members.items():
        if member in ("Name", "Inputs") or fields.get(member) is None:
            continue
        properties[member] = _value(member, fields[member], member_shape)
    variable = body.get("generatedNodeName")
    return Node(
        id=node_id,
        kind=kind,
        name=name,
        inputs=tuple(inputs),
        properties=_drop_null(properties),
        variable=variable if isinstance(variable, str) else None,
    )


def _kind(node_id: str, name: str, body: Mapping[str, Any]) -> str:
    classification, kind = str(body.get("classification")), str(body.get("type"))
    found: str | None = None
    if classification == "DataSource":
        found = _source_kind(kind, body)
    elif classification == "DataSink":
        found = _target_kind(kind, body)
    elif classification == "Transform":
        found = TRANSFORMS.get(kind, kind)
    if found not in kinds():
        raise DefinitionError(
            f'node {node_id} "{name}": {classification} of type {kind} is not a kind that is known'
        )
    return found


def _source_kind(kind: str, body: Mapping[str, Any]) -> str:
    if kind == "S3":
        if body.get("isCatalog"):
            return "S3CatalogSource"
        return S3_SOURCES.get(str(body.get("format")), str(body.get("format")))
    if kind.lower() in DIRECT_JDBC and not body.get("isCatalog"):
        return "DirectJDBCSource"
    return SOURCES.get(kind, kind if kind in kinds() else f"{kind}Source")


def _target_kind(kind: str, body: Mapping[str, Any]) -> str:
    if kind == "S3":
        if body.get("isCatalog"):
            return "S3CatalogTarget"
        return S3_TARGETS.get(str(body.get("format")), "S3DirectTarget")
    return TARGETS.get(kind, kind if kind in kinds() else f"{kind}Target")


def _value(name: str, value: Any, shape: Any) -> Any:
    """A field's value in the API's form, guided by the API's own shape of it."""
    if name == "OutputSchemas":
        return _schemas(value)
    if name == "Separator":
        return SEPARATORS.get(str(value), value)
    if name == "QuoteChar":
        return QUOTE_CHARS.get(str(value), value)
    if shape.type_name == "structure" and isinstance(value, dict):
        members = shape.members
        spelt = {key[:1].upper() + key[1:]: item for key, item in value.items()}
        return {
            key: _value(key, item, members[key])
            for key, item in spelt.items()
            if key in members and item is not None
        }
    if shape.type_name == "list":
        if shape.name == PATH_LIST:
            return [split_path(item) for item in (value if isinstance(value, list) else [value])]
        if shape.name == PATH and isinstance(value, str):
            return split_path(value)
        items = value if isinstance(value, list) else [value]
        return [_value("", item, shape.member) for item in items]
    return value


def split_path(path: Any) -> Any:
    """`a.b` as `["a", "b"]`; parts in backquotes and function calls such as `sum(a.b)` stay whole."""
    if not isinstance(path, str):
        return path
    if path.startswith(".") or re.search(r"[()]", path):
        return [path]
    return re.findall(r"`[^`]*`|[^.]+", path) or [path]


def _schemas(value: Any) -> Any:
    """`[[{"key": …, "type": …}]]` as the API's `[{"Columns": [{"Name": …, "Type": …}]}]`."""
    if not isinstance(value, list):
        return value
    schemas = []
    for columns in value:
        if not isinstance(columns, list):
            return value
        schemas.append(
            {
                "Columns": [
                    _drop_null(
                        {
                            "Name": column.get("key"),
                            "Type": column.get("type"),
                            "GlueStudioType": column.get("glueStudioType"),
                        }
                    )
                    for column in columns
                    if isinstance(column, dict)
                ]
            }
        )
    return schemas


def _drop_null(fields: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in fields.items() if value is not None}
