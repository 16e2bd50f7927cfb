"""Sources and targets in open table formats, which go through Spark's own readers and writers.

Only the forms that published scripts show: Iceberg tables, Delta Lake files on S3.
"""

from __future__ import annotations

from typing import Any

from bovespa.glue.script.context import SPARK_DYNAMIC_FRAME, Context, Fragment, Generator, unsupported
from bovespa.glue.script.literals import mapping, text
from bovespa.glue.script.paths import dotted
from bovespa.glue.script.quality import before_target
from glue.model import Node


def iceberg_source(context: Context, node: Node) -> Fragment:
    """An Iceberg table of the Data Catalog."""
    table = f"database={text(node.get('Database', ''))}, table_name={text(node.get('Table', ''))}"
    options = _options(node, "AdditionalIcebergOptions")
    additional = f", additional_options={mapping(options)}" if options else ""
    return _from_frame(context, node, f"glueContext.create_data_frame.from_catalog({table}{additional})")


def delta_source(context: Context, node: Node) -> Fragment:
    """Delta Lake files on S3."""
    paths = node.get("Paths", [])
    if len(paths) != 1:
        raise unsupported(node, "Paths must name one Delta table")
    fragment = _from_frame(
        context, node, f'spark.read.format("delta").options(**additionalOptions).load({text(paths[0])})'
    )
    options = mapping(_options(node, "AdditionalDeltaOptions"))
    return Fragment(code=f"additionalOptions={options}\n{fragment.code}", imports=fragment.imports)


def delta_target(context: Context, node: Node) -> Fragment:
    """Delta Lake files on S3, with or without a table in the Data Catalog."""
    frame = f"{context.variable(node)}_df"
    options = {"path": text(node.get("Path", ""))}
    if node.get("Compression"):
        options["write.parquet.compression-codec"] = text(node.get("Compression"))
    options |= _options(node, "AdditionalOptions")
    keys = ", ".join(text(dotted(key)) for key in node.get("PartitionKeys", []))
    partitioned = f".partitionBy({keys})" if keys else ""
    policy = node.get("SchemaChangePolicy", {})
    saved = "save()"
    if policy.get("EnableUpdateCatalog"):
        saved = f"saveAsTable({text(_table(policy))})"
    lines = [
        f"additional_options = {mapping(options)}",
        f"{frame} = {context.input(node)}.toDF()",
        f'{frame}.write.format("delta").options(**additional_options){partitioned}.mode("append").{saved}',
    ]
    return before_target(context, node, Fragment(code="\n".join(lines)))


def iceberg_target(context: Context, node: Node) -> Fragment:
    """An Iceberg table on S3 that the job creates if it isn't there."""
    policy = node.get("SchemaChangePolicy", {})
    if not policy.get("Database") or not policy.get("Table"):
        raise unsupported(node, "SchemaChangePolicy names no Database and Table")
    if node.get("PartitionKeys"):
        raise unsupported(node, "PartitionKeys of an Iceberg table are not supported")
    frame = f"{context.variable(node)}_df"
    location = f"{str(node.get('Path', '')).rstrip('/')}/{policy['Database']}/{policy['Table']}"
    properties = {"format-version": "2", "location": location}
    if node.get("Compression"):
        properties["write.parquet.compression-codec"] = str(node.get("Compression"))
    writer = [
        f"    {frame} = {context.input(node)}.toDF()",
        f"    {frame}        .writeTo({text('glue_catalog.' + _table(policy))}) \\",
        *(f"        .tableProperty({text(key)}, {text(value)}) \\" for key, value in properties.items()),
        "        .options(**additional_options) \\",
    ]
    lines = [
        f"additional_options = {mapping(_options(node, 'AdditionalOptions'))}",
        f"tables_collection = spark.catalog.listTables({text(policy['Database'])})",
        "table_names_in_db = [table.name for table in tables_collection]",
        f"table_exists = {text(policy['Table'])} in table_names_in_db",
        "if table_exists:",
        *writer,
        ".append()",
        "else:",
        *writer,
        ".create()",
    ]
    return before_target(context, node, Fragment(code="\n".join(lines)))


def iceberg_catalog_target(context: Context, node: Node) -> Fragment:
    """An existing Iceberg table, which takes a DataFrame."""
    variable = context.variable(node)
    lines = [
        f"{variable}_df = {context.input(node)}.toDF()",
        f"{variable} = glueContext.write_data_frame.from_catalog(frame={variable}_df, "
        f"database={text(node.get('Database', ''))}, table_name={text(node.get('Table', ''))}, "
        f"additional_options={mapping(_options(node, 'AdditionalOptions'))})",
    ]
    return before_target(context, node, Fragment(code="\n".join(lines)))


def _from_frame(context: Context, node: Node, expression: str) -> Fragment:
    variable = context.variable(node)
    return Fragment(
        code=f"{variable}_df = {expression}\n"
        f"{variable} = DynamicFrame.fromDF({variable}_df, glueContext, {text(variable)})",
        imports=(SPARK_DYNAMIC_FRAME,),
    )


def _options(node: Node, name: str) -> dict[str, str]:
    return {str(key): text(value) for key, value in node.get(name, {}).items()}


def _table(policy: dict[str, Any]) -> str:
    return f"{policy.get('Database')}.{policy.get('Table')}"


GENERATORS: dict[str, Generator] = {
    "CatalogIcebergSource": iceberg_source,
    "S3CatalogIcebergSource": iceberg_source,
    "S3DeltaSource": delta_source,
    "S3DeltaDirectTarget": delta_target,
    "S3IcebergDirectTarget": iceberg_target,
    "S3IcebergCatalogTarget": iceberg_catalog_target,
}
