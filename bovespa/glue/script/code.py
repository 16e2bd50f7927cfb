"""Nodes that bring code of their own: SQL, unions (in SQL too), aggregation, custom transforms."""

from __future__ import annotations

from textwrap import indent

from bovespa.glue.script.context import (
    COLLECTION,
    DYNAMIC_FRAME,
    SPARK_DYNAMIC_FRAME,
    SQL_FUNCTIONS,
    Context,
    Fragment,
    Generator,
    unsupported,
)
from bovespa.glue.script.literals import block, one_line, strings, text
from bovespa.glue.script.paths import dotted
from glue.model import Node

SPARK_SQL_QUERY = """\
def sparkSqlQuery(glueContext, query, mapping, transformation_ctx) -> DynamicFrame:
    for alias, frame in mapping.items():
        frame.toDF().createOrReplaceTempView(alias)
    result = spark.sql(query)
    return DynamicFrame.fromDF(result, glueContext, transformation_ctx)"""

SPARK_UNION = """\
def sparkUnion(glueContext, unionType, mapping, transformation_ctx) -> DynamicFrame:
    for alias, frame in mapping.items():
        frame.toDF().createOrReplaceTempView(alias)
    result = spark.sql("(select * from source1) UNION " + unionType + " (select * from source2)")
    return DynamicFrame.fromDF(result, glueContext, transformation_ctx)"""

SPARK_AGGREGATE = """\
def sparkAggregate(glueContext, parentFrame, groups, aggs, transformation_ctx) -> DynamicFrame:
    aggsFuncs = []
    for column, func in aggs:
        aggsFuncs.append(getattr(SqlFuncs, func)(column))
    result = parentFrame.toDF().groupBy(*groups).agg(*aggsFuncs) if len(groups) > 0 else parentFrame.toDF().agg(*aggsFuncs)
    return DynamicFrame.fromDF(result, glueContext, transformation_ctx)
"""


def spark_sql(context: Context, node: Node) -> Fragment:
    variable = context.variable(node)
    aliases = [(alias.get("From"), alias.get("Alias")) for alias in node.get("SqlAliases", [])]
    pairs = ", ".join(f"{text(alias)}:{context.frame(node, source)}" for source, alias in aliases)
    name = f"SqlQuery{context.queries[node.id]}"
    return Fragment(
        code=f"{name} = {block(str(node.get('SqlQuery', '')))}\n"
        f"{variable} = sparkSqlQuery(glueContext, query = {name}, mapping = {{{pairs}}}, "
        f"transformation_ctx = {text(variable)})",
        imports=(SPARK_DYNAMIC_FRAME,),
        functions=(SPARK_SQL_QUERY,),
    )


def union(context: Context, node: Node) -> Fragment:
    variable = context.variable(node)
    first, second = context.input(node, 0), context.input(node, 1)
    kind = str(node.get("UnionType", "ALL"))
    return Fragment(
        code=f"{variable} = sparkUnion(glueContext, unionType = {text(kind)}, "
        f'mapping = {{"source1": {first}, "source2": {second}}}, transformation_ctx = {text(variable)})',
        imports=(SPARK_DYNAMIC_FRAME,),
        functions=(SPARK_UNION,),
    )


def aggregate(context: Context, node: Node) -> Fragment:
    variable, parent = context.variable(node), context.input(node)
    groups = strings(dotted(group) for group in node.get("Groups", []))
    aggs = ", ".join(
        f"[{text(dotted(agg.get('Column') or []))}, {text(agg.get('AggFunc') or '')}]"
        for agg in node.get("Aggs", [])
    )
    return Fragment(
        code=f"{variable} = sparkAggregate(glueContext, parentFrame = {parent}, groups = {groups}, "
        f"aggs = [{aggs}], transformation_ctx = {text(variable)})",
        imports=(DYNAMIC_FRAME, SQL_FUNCTIONS),
        functions=(SPARK_AGGREGATE,),
    )


def custom_code(context: Context, node: Node) -> Fragment:
    variable = context.variable(node)
    class_name = str(node.get("ClassName", ""))
    if not class_name.isidentifier():
        raise unsupported(node, f"ClassName {class_name!r} is not a Python name")
    body = indent(str(node.get("Code", "")).rstrip(), "    ") or "    pass"
    header = f"# Script generated for node {one_line(node.name)}"
    names = [context.frame(node, source) for source in node.inputs]
    frames = ", ".join(f"{text(name)}: {name}" for name in names)
    return Fragment(
        code=f"{variable} = {class_name}(glueContext, DynamicFrameCollection({{{frames}}}, glueContext))",
        imports=(COLLECTION, DYNAMIC_FRAME),
        transform=f"{header}\ndef {class_name}(glueContext, dfc) -> DynamicFrameCollection:\n{body}",
    )


GENERATORS: dict[str, Generator] = {
    "SparkSQL": spark_sql,
    "Union": union,
    "Aggregate": aggregate,
    "CustomCode": custom_code,
}
