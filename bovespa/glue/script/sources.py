"""Source nodes on S3 and in the Data Catalog."""

from __future__ import annotations

from typing import Any

from bovespa.glue.script.context import Context, Fragment, Generator
from bovespa.glue.script.literals import boolean, mapping, strings, text
from bovespa.glue.script.style import Style
from glue.model import Node

SEPARATORS = {"comma": ",", "ctrla": "\\u0001", "pipe": "|", "semicolon": ";", "tab": "\\t"}
QUOTE_CHARS = {"quote": '"\\""', "quillemet": '"\u00ab"', "single_quote": '"\'"', "disabled": "-1"}


def s3_csv(context: Context, node: Node) -> Fragment:
    separator = str(node.get("Separator", "comma"))
    quote = str(node.get("QuoteChar", "quote"))
    options = {"quoteChar": QUOTE_CHARS.get(quote, text(quote))}
    if node.get("Escaper"):
        options["escaper"] = text(node.get("Escaper"))
    options["withHeader"] = boolean(node.get("WithHeader"))
    options["separator"] = text(SEPARATORS.get(separator, separator))
    if node.get("Multiline"):
        options.update(_multiline(context, node))
    options["optimizePerformance"] = boolean(node.get("OptimizePerformance"))
    return _from_s3(context, node, "csv", mapping(options))


def s3_json(context: Context, node: Node) -> Fragment:
    options = {}
    if node.get("JsonPath"):
        options["jsonPath"] = text(node.get("JsonPath"))
    options.update(_multiline(context, node))
    return _from_s3(context, node, "json", mapping(options))


def s3_parquet(context: Context, node: Node) -> Fragment:
    return _from_s3(context, node, "parquet", "{}")


def catalog(context: Context, node: Node) -> Fragment:
    """A table of the Data Catalog."""
    variable = context.variable(node)
    arguments = {"database": text(node.get("Database", ""))}
    if node.get("PartitionPredicate"):
        arguments["push_down_predicate"] = text(node.get("PartitionPredicate"))
    arguments["table_name"] = text(node.get("Table", ""))
    bounds = _bounds(node.get("AdditionalOptions", {}))
    if bounds:
        arguments["additional_options"] = mapping(bounds)
    arguments["transformation_ctx"] = text(variable)
    call = ", ".join(f"{name}={value}" for name, value in arguments.items())
    return Fragment(code=f"{variable} = glueContext.create_dynamic_frame.from_catalog({call})")


def _multiline(context: Context, node: Node) -> dict[str, str]:
    multiline = bool(node.get("Multiline"))
    if context.style is Style.CURRENT:
        return {"multiLine": text(str(multiline).lower())}
    return {"multiline": boolean(multiline)}


def _from_s3(context: Context, node: Node, file_format: str, format_options: str) -> Fragment:
    variable = context.variable(node)
    options = {"paths": strings(node.get("Paths", []))}
    if node.get("CompressionType"):
        options["compressionType"] = text(node.get("CompressionType"))
    for name in ("GroupFiles", "GroupSize", "MaxBand", "MaxFilesInBand"):
        if node.get(name):
            options[name[0].lower() + name[1:]] = text(node.get(name))
    if node.get("Recurse"):
        options["recurse"] = boolean(True)
    if node.get("Exclusions"):
        options["exclusions"] = text(strings(node.get("Exclusions")))
    options.update(_bounds(node.get("AdditionalOptions", {})))
    return Fragment(
        code=f"{variable} = glueContext.create_dynamic_frame.from_options(format_options={format_options}, "
        f'connection_type="s3", format={text(file_format)}, connection_options={mapping(options)}, '
        f"transformation_ctx={text(variable)})"
    )


def _bounds(options: Any) -> dict[str, str]:
    if not isinstance(options, dict):
        return {}
    pairs = (("BoundedSize", "boundedSize"), ("BoundedFiles", "boundedFiles"))
    return {name: text(options[key]) for key, name in pairs if options.get(key) is not None}


GENERATORS: dict[str, Generator] = {
    "S3CsvSource": s3_csv,
    "S3JsonSource": s3_json,
    "S3ParquetSource": s3_parquet,
    "CatalogSource": catalog,
    "S3CatalogSource": catalog,
}
