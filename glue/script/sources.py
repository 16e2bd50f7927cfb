"""Source nodes: `create_dynamic_frame` calls."""

from __future__ import annotations

from collections.abc import Callable

from glue.model import Node
from glue.script.context import Context, Fragment
from glue.script.literals import boolean, mapping, strings, text

SEPARATORS = {"comma": ",", "ctrla": "\x01", "pipe": "|", "semicolon": ";", "tab": "\t"}
QUOTES = {"quote": '"', "quillemet": "\u00ab", "single_quote": "'", "disabled": "-1"}


def s3_csv(context: Context, node: Node) -> Fragment:
    separator = str(node.get("Separator", "comma"))
    options = {
        "quoteChar": _quote_char(str(node.get("QuoteChar", "quote"))),
        "withHeader": boolean(node.get("WithHeader")),
        "separator": text(SEPARATORS.get(separator, separator)),
    }
    if node.get("Multiline"):
        options["multiLine"] = boolean(node.get("Multiline"))
    if node.get("Escaper"):
        options["escaper"] = text(node.get("Escaper"))
    options["optimizePerformance"] = boolean(node.get("OptimizePerformance"))
    return _from_s3(context, node, "csv", mapping(options))


def s3_json(context: Context, node: Node) -> Fragment:
    options = {"multiLine": text("true" if node.get("Multiline") else "false")}
    if node.get("JsonPath"):
        options = {"jsonPath": text(node.get("JsonPath")), **options}
    return _from_s3(context, node, "json", mapping(options))


def s3_parquet(context: Context, node: Node) -> Fragment:
    return _from_s3(context, node, "parquet", "{}")


def catalog(context: Context, node: Node) -> Fragment:
    variable = context.variable(node)
    predicate = node.get("PartitionPredicate")
    pushed = f", push_down_predicate={text(predicate)}" if predicate else ""
    return Fragment(
        code=f"{variable} = glueContext.create_dynamic_frame.from_catalog(database={text(node.get('Database', ''))}, "
        f"table_name={text(node.get('Table', ''))}{pushed}, transformation_ctx={text(variable)})"
    )


def _from_s3(context: Context, node: Node, file_format: str, format_options: str) -> Fragment:
    variable = context.variable(node)
    options = {"paths": strings(node.get("Paths", []))}
    if node.get("CompressionType"):
        options["compressionType"] = text(node.get("CompressionType"))
    if node.get("GroupFiles"):
        options["groupFiles"] = text(node.get("GroupFiles"))
    if node.get("GroupSize"):
        options["groupSize"] = text(node.get("GroupSize"))
    if node.get("Recurse"):
        options["recurse"] = boolean(True)
    if node.get("Exclusions"):
        options["exclusions"] = text(strings(node.get("Exclusions")))
    return Fragment(
        code=f"{variable} = glueContext.create_dynamic_frame.from_options(format_options={format_options}, "
        f'connection_type="s3", format={text(file_format)}, connection_options={mapping(options)}, '
        f"transformation_ctx={text(variable)})"
    )


def _quote_char(name: str) -> str:
    if name == "disabled":
        return "-1"
    return text(QUOTES.get(name, name))


GENERATORS: dict[str, Callable[[Context, Node], Fragment]] = {
    "S3CsvSource": s3_csv,
    "S3JsonSource": s3_json,
    "S3ParquetSource": s3_parquet,
    "CatalogSource": catalog,
    "S3CatalogSource": catalog,
}
