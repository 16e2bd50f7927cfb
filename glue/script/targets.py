"""Target nodes: sinks and writers."""

from __future__ import annotations

from collections.abc import Callable

from glue.model import Node
from glue.script.context import Context, Fragment
from glue.script.literals import mapping, strings, text
from glue.script.paths import dotted


def s3_glue_parquet(context: Context, node: Node) -> Fragment:
    return _s3(context, node, "glueparquet")


def s3_direct(context: Context, node: Node) -> Fragment:
    return _s3(context, node, str(node.get("Format", "")))


def _s3(context: Context, node: Node, file_format: str) -> Fragment:
    policy = node.get("SchemaChangePolicy", {})
    if policy.get("EnableUpdateCatalog"):
        return _sink(context, node, file_format, policy)
    return _writer(context, node, file_format)


def _sink(context: Context, node: Node, file_format: str, policy: dict[str, str]) -> Fragment:
    variable = context.variable(node)
    behaviour = policy.get("UpdateBehavior") or "UPDATE_IN_DATABASE"
    compression = node.get("Compression")
    compressed = f", compression={text(compression)}" if compression and file_format == "glueparquet" else ""
    return Fragment(
        code="\n".join(
            [
                f'{variable} = glueContext.getSink(path={text(node.get("Path", ""))}, connection_type="s3", '
                f"updateBehavior={text(behaviour)}, partitionKeys={_partition_keys(node)}, "
                f"enableUpdateCatalog=True, transformation_ctx={text(variable)})",
                f"{variable}.setCatalogInfo(catalogDatabase={text(policy.get('Database') or '')},"
                f"catalogTableName={text(policy.get('Table') or '')})",
                f"{variable}.setFormat({text(file_format)}{compressed})",
                f"{variable}.writeFrame({context.input(node)})",
            ]
        )
    )


def _writer(context: Context, node: Node, file_format: str) -> Fragment:
    variable = context.variable(node)
    options = {"path": text(node.get("Path", ""))}
    compression = node.get("Compression")
    if compression and file_format != "glueparquet":
        options["compression"] = text(compression)
    options["partitionKeys"] = _partition_keys(node)
    formatted = ""
    if compression and file_format == "glueparquet":
        formatted = f"format_options={mapping({'compression': text(compression)})}, "
    return Fragment(
        code=f"{variable} = glueContext.write_dynamic_frame.from_options(frame={context.input(node)}, "
        f'connection_type="s3", format={text(file_format)}, connection_options={mapping(options)}, '
        f"{formatted}transformation_ctx={text(variable)})"
    )


def _partition_keys(node: Node) -> str:
    return strings(dotted(key) for key in node.get("PartitionKeys", []))


GENERATORS: dict[str, Callable[[Context, Node], Fragment]] = {
    "S3GlueParquetTarget": s3_glue_parquet,
    "S3DirectTarget": s3_direct,
}
