"""Sources and targets outside S3: JDBC databases, Redshift, Snowflake.

Glue Studio writes their connection options in the order of a HashMap, as it does the nodes.
"""

from __future__ import annotations

from typing import Any

from bovespa.glue.script.context import Context, Fragment, Generator, unsupported
from bovespa.glue.script.literals import mapping, text
from glue.model import Node
from glue.order import hash_order


def direct_jdbc_source(context: Context, node: Node) -> Fragment:
    options = {
        "useConnectionProperties": "true",
        "dbtable": node.get("Table", ""),
        "connectionName": node.get("ConnectionName", ""),
        "redshiftTmpDir": node.get("RedshiftTmpDir"),
    }
    return _source(context, node, str(node.get("ConnectionType", "")), options)


def jdbc_connector_source(context: Context, node: Node) -> Fragment:
    options = {
        "dbTable": node.get("ConnectionTable"),
        "query": node.get("Query"),
        "connectionName": node.get("ConnectionName", ""),
    }
    return _source(context, node, str(node.get("ConnectionType", "")), options)


def jdbc_connector_target(context: Context, node: Node) -> Fragment:
    options = {
        "dbTable": node.get("ConnectionTable"),
        "connectionName": node.get("ConnectionName", ""),
        **node.get("AdditionalOptions", {}),
    }
    return _target(context, node, str(node.get("ConnectionType", "")), options)


def redshift_source(context: Context, node: Node) -> Fragment:
    data = node.get("Data", {})
    if data.get("AccessType") == "catalog":
        return _redshift_catalog(
            context, node, _option(data, "CatalogDatabase"), _option(data, "CatalogTable")
        )
    query = data.get("SampleQuery") if data.get("SourceType") == "query" else None
    options = {**_redshift_options(data), "sampleQuery": query}
    if query:
        options["dbtable"] = None
    return _source(context, node, "redshift", options)


def redshift_target(context: Context, node: Node) -> Fragment:
    data = node.get("Data", {})
    if data.get("AccessType") == "catalog":
        return _redshift_catalog(
            context, node, _option(data, "CatalogDatabase"), _option(data, "CatalogTable")
        )
    options = {
        **_redshift_options(data),
        "preactions": data.get("PreAction"),
        "postactions": data.get("PostAction"),
    }
    return _target(context, node, "redshift", options)


def redshift_catalog(context: Context, node: Node) -> Fragment:
    return _redshift_catalog(context, node, node.get("Database", ""), node.get("Table", ""))


def snowflake_source(context: Context, node: Node) -> Fragment:
    data = node.get("Data", {})
    options = _snowflake_options(data)
    if data.get("SourceType") == "query":
        options |= {"query": data.get("SampleQuery"), "dbtable": None}
    return _source(context, node, "snowflake", options)


def snowflake_target(context: Context, node: Node) -> Fragment:
    data = node.get("Data", {})
    options = _snowflake_options(data)
    options |= {"preactions": data.get("PreAction"), "postactions": data.get("PostAction")}
    return _target(context, node, "snowflake", options)


def _redshift_options(data: dict[str, Any]) -> dict[str, Any]:
    schema, table = _option(data, "Schema"), _option(data, "Table")
    name = data.get("StagingTable") or table
    return {
        "redshiftTmpDir": data.get("TempDir"),
        "useConnectionProperties": "true",
        "dbtable": name if "." in str(name) or not schema else f"{schema}.{name}",
        "connectionName": _option(data, "Connection"),
        "aws_iam_role": _option(data, "IamRole"),
    }


def _snowflake_options(data: dict[str, Any]) -> dict[str, Any]:
    return {
        "autopushdown": "on" if data.get("AutoPushdown") else None,
        "dbtable": data.get("StagingTable") or data.get("Table"),
        "connectionName": _option(data, "Connection"),
        "sfDatabase": data.get("Database"),
        "sfSchema": data.get("Schema"),
    }


def _redshift_catalog(context: Context, node: Node, database: str, table: str) -> Fragment:
    variable = context.variable(node)
    data = node.get("Data", {})
    temporary = node.get("RedshiftTmpDir") or data.get("TempDir")
    role = node.get("TmpDirIAMRole") or _option(data, "IamRole")
    frame = f"frame={context.input(node)}, " if node.inputs else ""
    direction = "write" if node.inputs else "create"
    # Glue Studio puts no space after this argument's comma.
    place = f"redshift_tmp_dir={text(temporary)}," if temporary else 'redshift_tmp_dir=args["TempDir"],'
    options = f"additional_options={mapping({'aws_iam_role': text(role)})}, " if role else ""
    return Fragment(
        code=f"{variable} = glueContext.{direction}_dynamic_frame.from_catalog({frame}"
        f"database={text(database)}, table_name={text(table)}, {place}{options}"
        f"transformation_ctx={text(variable)})"
    )


def _source(context: Context, node: Node, kind: str, options: dict[str, Any]) -> Fragment:
    variable = context.variable(node)
    return Fragment(
        code=f"{variable} = glueContext.create_dynamic_frame.from_options("
        f"connection_type={_kind(node, kind)}, connection_options={_ordered(options)}, "
        f"transformation_ctx={text(variable)})"
    )


def _target(context: Context, node: Node, kind: str, options: dict[str, Any]) -> Fragment:
    variable = context.variable(node)
    return Fragment(
        code=f"{variable} = glueContext.write_dynamic_frame.from_options(frame={context.input(node)}, "
        f"connection_type={_kind(node, kind)}, connection_options={_ordered(options)}, "
        f"transformation_ctx={text(variable)})"
    )


def _kind(node: Node, kind: str) -> str:
    if not kind:
        raise unsupported(node, "has no ConnectionType")
    return text(kind)


def _ordered(options: dict[str, Any]) -> str:
    present = {key: text(value) for key, value in options.items() if value not in (None, "")}
    return mapping({key: present[key] for key in hash_order(present)})


def _option(data: dict[str, Any], key: str) -> str:
    """The value of a drop-down choice, which the API wraps as `{"Value": …, "Label": …}`."""
    value = data.get(key)
    if isinstance(value, dict):
        value = value.get("Value")
    return str(value or "")


GENERATORS: dict[str, Generator] = {
    "DirectJDBCSource": direct_jdbc_source,
    "JDBCConnectorSource": jdbc_connector_source,
    "JDBCConnectorTarget": jdbc_connector_target,
    "RedshiftSource": redshift_catalog,
    "RedshiftTarget": redshift_catalog,
    "AmazonRedshiftSource": redshift_source,
    "AmazonRedshiftTarget": redshift_target,
    "SnowflakeSource": snowflake_source,
    "SnowflakeTarget": snowflake_target,
}
