"""Transform nodes that map one frame (or two) to another with awsglue's own transforms."""

from __future__ import annotations

from collections.abc import Callable

from glue.model import Node
from glue.script.context import Context, Fragment
from glue.script.literals import strings, text
from glue.script.paths import dotted


def apply_mapping(context: Context, node: Node) -> Fragment:
    rows = ", ".join(
        f"({text(dotted(row.get('FromPath') or []))}, {text(row.get('FromType') or '')}, "
        f"{text(dotted(row.get('ToKey') or ''))}, {text(row.get('ToType') or '')})"
        for row in node.get("Mapping", [])
        if not row.get("Dropped")
    )
    return _applied(context, node, "ApplyMapping", f"mappings=[{rows}]")


def rename_field(context: Context, node: Node) -> Fragment:
    old, new = dotted(node.get("SourcePath", [])), dotted(node.get("TargetPath", []))
    return _applied(context, node, "RenameField", f"old_name={text(old)}, new_name={text(new)}")


def select_fields(context: Context, node: Node) -> Fragment:
    return _applied(context, node, "SelectFields", f"paths={_paths(node)}")


def drop_fields(context: Context, node: Node) -> Fragment:
    return _applied(context, node, "DropFields", f"paths={_paths(node)}")


def drop_duplicates(context: Context, node: Node) -> Fragment:
    columns = [dotted(column) for column in node.get("Columns", [])]
    variable = context.variable(node)
    arguments = strings(columns) if columns else ""
    return Fragment(
        code=f"{variable} =  DynamicFrame.fromDF({context.input(node)}.toDF().dropDuplicates({arguments}), "
        f"glueContext, {text(variable)})",
        imports=("from awsglue.dynamicframe import DynamicFrame",),
    )


def join(context: Context, node: Node) -> Fragment:
    variable = context.variable(node)
    keys = {column.get("From"): column.get("Keys") or [] for column in node.get("Columns", [])}
    left, right = context.input(node, 0), context.input(node, 1)
    left_keys = [dotted(key) for key in keys.get(node.inputs[0], [])]
    right_keys = [dotted(key) for key in keys.get(node.inputs[1], [])]
    return Fragment(
        code=f"{variable} = Join.apply(frame1={left}, frame2={right}, keys1={strings(left_keys)}, "
        f"keys2={strings(right_keys)}, transformation_ctx={text(variable)})"
    )


def select_from_collection(context: Context, node: Node) -> Fragment:
    variable, collection = context.variable(node), context.input(node)
    index = int(node.get("Index", 0))
    return Fragment(
        code=f"{variable} = SelectFromCollection.apply(dfc={collection}, key=list({collection}.keys())[{index}], "
        f"transformation_ctx={text(variable)})"
    )


def _applied(context: Context, node: Node, transform: str, arguments: str) -> Fragment:
    variable = context.variable(node)
    return Fragment(
        code=f"{variable} = {transform}.apply(frame={context.input(node)}, {arguments}, "
        f"transformation_ctx={text(variable)})"
    )


def _paths(node: Node) -> str:
    return strings(dotted(path) for path in node.get("Paths", []))


GENERATORS: dict[str, Callable[[Context, Node], Fragment]] = {
    "ApplyMapping": apply_mapping,
    "RenameField": rename_field,
    "SelectFields": select_fields,
    "DropFields": drop_fields,
    "DropDuplicates": drop_duplicates,
    "Join": join,
    "SelectFromCollection": select_from_collection,
}
