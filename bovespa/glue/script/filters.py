"""Row filters and the removal of empty columns."""

from __future__ import annotations

from typing import Any

from bovespa.glue.script.context import SPARK_DYNAMIC_FRAME, Context, Fragment, Generator, unsupported
from bovespa.glue.script.literals import number, text
from glue.model import Node

OPERATORS = {"EQ": "==", "LT": "<", "GT": ">", "LTE": "<=", "GTE": ">="}

FIND_NULL_FIELDS = """\
def _find_null_fields(ctx, schema, path, output, nullStringSet, nullIntegerSet, frame):
    if isinstance(schema, StructType):
        for field in schema:
            new_path = path + "." if path != "" else path
            output = _find_null_fields(ctx, field.dataType, new_path + field.name, output, nullStringSet, nullIntegerSet, frame)
    elif isinstance(schema, ArrayType):
        if isinstance(schema.elementType, StructType):
            output = _find_null_fields(ctx, schema.elementType, path, output, nullStringSet, nullIntegerSet, frame)
    elif isinstance(schema, NullType):
        output.append(path)
    else:
        x, distinct_set = frame.toDF(), set()
        for i in x.select(path).distinct().collect():
            distinct_ = i[path.split('.')[-1]]
            if isinstance(distinct_, list):
                distinct_set |= set([item.strip() if isinstance(item, str) else item for item in distinct_])
            elif isinstance(distinct_, str) :
                distinct_set.add(distinct_.strip())
            else:
                distinct_set.add(distinct_)
        if isinstance(schema, StringType):
            if distinct_set.issubset(nullStringSet):
                output.append(path)
        elif isinstance(schema, IntegerType) or isinstance(schema, LongType) or isinstance(schema, DoubleType):
            if distinct_set.issubset(nullIntegerSet):
                output.append(path)
    return output

def drop_nulls(glueContext, frame, nullStringSet, nullIntegerSet, transformation_ctx) -> DynamicFrame:
    nullColumns = _find_null_fields(frame.glue_ctx, frame.schema(), "", [], nullStringSet, nullIntegerSet, frame)
    return DropFields.apply(frame=frame, paths=nullColumns, transformation_ctx=transformation_ctx)
"""  # noqa: E501


def row_filter(context: Context, node: Node) -> Fragment:
    variable = context.variable(node)
    glue = " or " if str(node.get("LogicalOperator", "AND")).upper() == "OR" else " and "
    conditions = glue.join(condition(node, item) for item in node.get("Filters", []))
    if not conditions:
        raise unsupported(node, "Filters is empty")
    return Fragment(
        code=f"{variable} = Filter.apply(frame={context.input(node)}, f=lambda row: ({conditions}), "
        f"transformation_ctx={text(variable)})",
        imports=("import re",),
    )


def condition(node: Node, item: dict[str, Any]) -> str:
    """One filter expression over `row`."""
    operation = str(item.get("Operation"))
    columns = [value for value in item.get("Values", []) if value.get("Type") == "COLUMNEXTRACTED"]
    constants = [value for value in item.get("Values", []) if value.get("Type") == "CONSTANT"]
    if not columns:
        raise unsupported(node, f"Filters: {operation} names no column")
    left = _column(columns[0])
    if operation == "ISNULL":
        expression = f"{left} is None"
    else:
        if len(columns) + len(constants) < 2:
            raise unsupported(node, f"Filters: {operation} needs a second value")
        right = _column(columns[1]) if len(columns) > 1 else None
        constant = ".".join(str(part) for part in constants[0].get("Value", [])) if constants else ""
        if operation == "REGEX":
            expression = f"bool(re.match({right or text(constant)}, {left}))"
        elif operation in OPERATORS:
            expression = f"{left} {OPERATORS[operation]} {right or number(constant) or text(constant)}"
        else:
            raise unsupported(node, f"Filters: {operation} is not an operation that Glue knows")
    return f"not({expression})" if item.get("Negated") else expression


def drop_null_fields(context: Context, node: Node) -> Fragment:
    variable = context.variable(node)
    boxes = node.get("NullCheckBoxList", {})
    custom = [item for item in node.get("NullTextList", []) if isinstance(item, dict)]
    strings = ['""'] if boxes.get("IsEmpty") else []
    strings += ['"null"'] if boxes.get("IsNullString") else []
    integers = ["-1"] if boxes.get("IsNegOne") else []
    for item in custom:
        value = str(item.get("Value", ""))
        kind = str((item.get("Datatype") or {}).get("Id", "")).lower()
        plain = number(value)
        if kind.startswith("str") or plain is None:
            strings.append(text(value))
        else:
            integers.append(plain)
    return Fragment(
        code=f"{variable} = drop_nulls(glueContext, frame={context.input(node)}, "
        f"nullStringSet={{{', '.join(strings)}}}, nullIntegerSet={{{', '.join(integers)}}}, "
        f"transformation_ctx={text(variable)})",
        imports=("from awsglue.gluetypes import *", SPARK_DYNAMIC_FRAME),
        functions=(FIND_NULL_FIELDS,),
    )


def _column(value: dict[str, Any]) -> str:
    """A column of `row`, a field of a struct step by step: a DynamicRecord has no key with a path's dots."""
    parts = value.get("Value") or []
    return "row" + "".join(f"[{text(str(part).strip('`'))}]" for part in parts)


GENERATORS: dict[str, Generator] = {"Filter": row_filter, "DropNullFields": drop_null_fields}
