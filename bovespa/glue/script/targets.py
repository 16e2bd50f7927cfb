"""Target nodes on S3 and in the Data Catalog."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bovespa.glue.script.context import Context, Fragment, Generator, unsupported
from bovespa.glue.script.literals import boolean, mapping, strings, text
from bovespa.glue.script.paths import dotted
from bovespa.glue.script.quality import before_target
from glue.model import Node

FORMATS = frozenset({"parquet", "csv", "json"})
FORMAT_COMPRESSED = frozenset({"glueparquet"})


def s3_glue_parquet(context: Context, node: Node) -> Fragment:
    return before_target(context, node, _s3(context, node, "glueparquet"))


def s3_direct(context: Context, node: Node) -> Fragment:
    file_format = str(node.get("Format", ""))
    if file_format not in FORMATS:
        raise unsupported(node, f"only AWS writes the format {file_format or '(none)'}")
    return before_target(context, node, _s3(context, node, file_format))


def catalog(context: Context, node: Node) -> Fragment:
    """An existing table of the Data Catalog."""
    policy = node.get("SchemaChangePolicy", {})
    options = {}
    if policy.get("EnableUpdateCatalog"):
        options["enableUpdateCatalog"] = boolean(True)
        options["updateBehavior"] = text(policy.get("UpdateBehavior") or "UPDATE_IN_DATABASE")
    if node.get("PartitionKeys"):
        options["partitionKeys"] = _partition_keys(node)
    variable = context.variable(node)
    additional = f"additional_options={mapping(options)}, " if options else ""
    return before_target(
        context,
        node,
        Fragment(
            code=f"{variable} = glueContext.write_dynamic_frame.from_catalog(frame={context.input(node)}, "
            f"database={text(node.get('Database', ''))}, table_name={text(node.get('Table', ''))}, "
            f"{additional}transformation_ctx={text(variable)})"
        ),
    )


def _s3(context: Context, node: Node, file_format: str) -> Fragment:
    policy = node.get("SchemaChangePolicy", {})
    if policy.get("EnableUpdateCatalog"):
        written = _sink(context, node, file_format, policy)
    else:
        written = _writer(context, node, file_format)
    return replace(written, code=_coalesced(context, node) + written.code)


def _coalesced(context: Context, node: Node) -> str:
    """The lines that bring the frame to the wanted number of files; three spaces are Glue Studio's."""
    wanted = str(node.get("NumberTargetPartitions", "0"))
    if not (wanted.isascii() and wanted.isdigit()) or int(wanted) == 0:
        return ""
    frame = context.input(node)
    return f"if ({frame}.count() >= 1):\n   {frame} = {frame}.coalesce({int(wanted)})\n"


def _sink(context: Context, node: Node, file_format: str, policy: dict[str, Any]) -> Fragment:
    variable = context.variable(node)
    behaviour = policy.get("UpdateBehavior") or "UPDATE_IN_DATABASE"
    compression = _compression(node)
    in_format = in_sink = ""
    if compression and file_format in FORMAT_COMPRESSED:
        in_format = f", compression={text(compression)}"
    elif compression:
        in_sink = f"compression={text(compression)}, "
    return Fragment(
        code="\n".join(
            [
                f'{variable} = glueContext.getSink(path={text(node.get("Path", ""))}, connection_type="s3", '
                f"updateBehavior={text(behaviour)}, partitionKeys={_partition_keys(node)}, {in_sink}"
                f"enableUpdateCatalog=True, transformation_ctx={text(variable)})",
                f"{variable}.setCatalogInfo(catalogDatabase={text(policy.get('Database') or '')},"
                f"catalogTableName={text(policy.get('Table') or '')})",
                f"{variable}.setFormat({text(file_format)}{in_format})",
                f"{variable}.writeFrame({context.input(node)})",
            ]
        ),
        sink=True,
    )


def _writer(context: Context, node: Node, file_format: str) -> Fragment:
    variable = context.variable(node)
    options = {"path": text(node.get("Path", ""))}
    compression = _compression(node)
    formatted = ""
    if compression and file_format in FORMAT_COMPRESSED:
        formatted = f"format_options={mapping({'compression': text(compression)})}, "
    elif compression:
        options["compression"] = text(compression)
    options["partitionKeys"] = _partition_keys(node)
    return Fragment(
        code=f"{variable} = glueContext.write_dynamic_frame.from_options(frame={context.input(node)}, "
        f'connection_type="s3", format={text(file_format)}, connection_options={mapping(options)}, '
        f"{formatted}transformation_ctx={text(variable)})"
    )


def _compression(node: Node) -> str | None:
    compression = node.get("Compression")
    return None if compression in (None, "", "none") else str(compression)


def _partition_keys(node: Node) -> str:
    return strings(dotted(key) for key in node.get("PartitionKeys", []))


GENERATORS: dict[str, Generator] = {
    "S3GlueParquetTarget": s3_glue_parquet,
    "S3DirectTarget": s3_direct,
    "S3CatalogTarget": catalog,
    "CatalogTarget": catalog,
}
