"""Nodes that bring code of their own: SQL, aggregation, custom transforms."""

from __future__ import annotations

import ast
from collections.abc import Callable
from textwrap import indent

from glue.model import Node
from glue.script.context import Context, Fragment, unsupported
from glue.script.literals import one_line, strings, text, triple
from glue.script.paths import dotted

SPARK_SQL_QUERY = """\
def sparkSqlQuery(glueContext, query, mapping, transformation_ctx) -> DynamicFrame:
    for alias, frame in mapping.items():
        frame.toDF().createOrReplaceTempView(alias)
    result = spark.sql(query)
    return DynamicFrame.fromDF(result, glueContext, transformation_ctx)"""

SPARK_AGGREGATE = """\
def sparkAggregate(glueContext, parentFrame, groups, aggs, transformation_ctx) -> DynamicFrame:
    aggsFuncs = []
    for column, func in aggs:
        aggsFuncs.append(getattr(SqlFuncs, func)(column))
    result = parentFrame.toDF().groupBy(*groups).agg(*aggsFuncs) if len(groups) > 0 else parentFrame.toDF().agg(*aggsFuncs)
    return DynamicFrame.fromDF(result, glueContext, transformation_ctx)
"""  # noqa: E501


def spark_sql(context: Context, node: Node) -> Fragment:
    variable = context.variable(node)
    aliases = {alias.get("From"): alias.get("Alias") for alias in node.get("SqlAliases", [])}
    pairs = []
    for index, source in enumerate(node.inputs):
        if source not in aliases:
            raise unsupported(node, f"input {source} has no alias")
        pairs.append(f"{text(aliases[source])}:{context.input(node, index)}")
    name = f"SqlQuery{context.queries.get(node.id, 0)}"
    return Fragment(
        code=f"{name} = '''\n{triple(node.get('SqlQuery', ''), chr(39))}\n'''\n"
        f"{variable} = sparkSqlQuery(glueContext, query = {name}, mapping = {{{', '.join(pairs)}}}, "
        f"transformation_ctx = {text(variable)})",
        imports=("from awsglue import DynamicFrame",),
        functions=(SPARK_SQL_QUERY,),
    )


def aggregate(context: Context, node: Node) -> Fragment:
    variable = context.variable(node)
    groups = strings(dotted(group) for group in node.get("Groups", []))
    aggs = ", ".join(
        f"[{text(dotted(agg.get('Column') or []))}, {text(agg.get('AggFunc') or '')}]"
        for agg in node.get("Aggs", [])
    )
    return Fragment(
        code=f"{variable} = sparkAggregate(glueContext, parentFrame = {context.input(node)}, groups = {groups}, "
        f"aggs = [{aggs}], transformation_ctx = {text(variable)})",
        imports=(
            "from awsglue.dynamicframe import DynamicFrame",
            "from pyspark.sql import functions as SqlFuncs",
        ),
        functions=(SPARK_AGGREGATE,),
    )


def custom_code(context: Context, node: Node) -> Fragment:
    variable = context.variable(node)
    class_name = str(node.get("ClassName", ""))
    if not class_name.isidentifier():
        raise unsupported(node, f"ClassName {class_name!r} is not a Python name")
    body = indent(str(node.get("Code", "")), "    ")
    function = f"def {class_name}(glueContext, dfc) -> DynamicFrameCollection:\n{body}"
    _check_enclosed(node, function)
    frames = ", ".join(
        f"{text(context.input(node, index))}: {context.input(node, index)}"
        for index in range(len(node.inputs))
    )
    return Fragment(
        code=f"{variable} = {class_name}(glueContext, DynamicFrameCollection({{{frames}}}, glueContext))",
        imports=("from awsglue.dynamicframe import DynamicFrameCollection",),
        functions=(f"# Script generated for node {one_line(node.name)}\n{function}",),
    )


def _check_enclosed(node: Node, function: str) -> None:
    """The code runs as the function's body; text that ends the body early would run while the script loads."""
    try:
        tree = ast.parse(function)
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None)
        where = f" in line {line - 1}" if line else ""
        raise unsupported(node, f"Code is not Python{where}: {getattr(error, 'msg', error)}") from error
    if len(tree.body) != 1:
        raise unsupported(node, "Code leaves the body of its function")


GENERATORS: dict[str, Callable[[Context, Node], Fragment]] = {
    "SparkSQL": spark_sql,
    "Aggregate": aggregate,
    "CustomCode": custom_code,
}
