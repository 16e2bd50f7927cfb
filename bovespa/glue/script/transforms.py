"""Transform nodes that map one frame (or two) to another with awsglue's own transforms."""

from __future__ import annotations

from typing import Any

from bovespa.glue.script.context import (
    DYNAMIC_FRAME,
    SQL_FUNCTIONS,
    Context,
    Fragment,
    Generator,
    unsupported,
)
from bovespa.glue.script.literals import strings, text
from bovespa.glue.script.paths import dotted
from glue.model import Node


def apply_mapping(context: Context, node: Node) -> Fragment:
    rows = ", ".join(_mapping_rows(node.get("Mapping", []), (), ()))
    return _applied(context, node, "ApplyMapping", f"mappings=[{rows}]")


def rename_field(context: Context, node: Node) -> Fragment:
    old, new = dotted(node.get("SourcePath", [])), dotted(node.get("TargetPath", []))
    return _applied(context, node, "RenameField", f"old_name={text(old)}, new_name={text(new)}")


def select_fields(context: Context, node: Node) -> Fragment:
    return _applied(context, node, "SelectFields", f"paths={_paths(node)}")


def drop_fields(context: Context, node: Node) -> Fragment:
    return _applied(context, node, "DropFields", f"paths={_paths(node)}")


def fill_missing_values(context: Context, node: Node) -> Fragment:
    imputed = str(node.get("ImputedPath", ""))
    filled = str(node.get("FilledPath") or f"{imputed}_filled")
    fragment = _applied(
        context,
        node,
        "FillMissingValues",
        f"missing_values_column={text(imputed)}, output_column={text(filled)}",
    )
    return Fragment(code=fragment.code, imports=("from awsglueml.transforms import FillMissingValues",))


def drop_duplicates(context: Context, node: Node) -> Fragment:
    columns = [dotted(column) for column in node.get("Columns", [])]
    variable = context.variable(node)
    arguments = strings(columns) if columns else ""
    # The second space is Glue Studio's.
    return Fragment(
        code=f"{variable} =  DynamicFrame.fromDF({context.input(node)}.toDF().dropDuplicates({arguments}), "
        f"glueContext, {text(variable)})",
        imports=(DYNAMIC_FRAME, SQL_FUNCTIONS),
    )


def join(context: Context, node: Node) -> Fragment:
    columns = {column.get("From"): column.get("Keys") or [] for column in node.get("Columns", [])}
    left, right = context.input(node, 0), context.input(node, 1)
    left_keys = [dotted(key) for key in columns.get(node.inputs[0], [])]
    right_keys = [dotted(key) for key in columns.get(node.inputs[1], [])]
    if not left_keys or len(left_keys) != len(right_keys):
        raise unsupported(node, "Columns names no keys, or not as many for one input as for the other")
    kind = str(node.get("JoinType", "equijoin"))
    variable = context.variable(node)
    if kind == "equijoin":
        return Fragment(
            code=f"{variable} = Join.apply(frame1={left}, frame2={right}, keys1={strings(left_keys)}, "
            f"keys2={strings(right_keys)}, transformation_ctx={text(variable)})"
        )
    conditions = " & ".join(
        f"({left}DF[{_single(one)}] == {right}DF[{_single(other)}])"
        for one, other in zip(left_keys, right_keys, strict=True)
    )
    return Fragment(
        code=f"{left}DF = {left}.toDF()\n{right}DF = {right}.toDF()\n"
        f"{variable} = DynamicFrame.fromDF({left}DF.join({right}DF, {conditions}, {text(kind)}), "
        f"glueContext, {text(variable)})",
        imports=(DYNAMIC_FRAME,),
    )


def select_from_collection(context: Context, node: Node) -> Fragment:
    variable, collection = context.variable(node), context.input(node)
    parent = context.definition.nodes[node.inputs[0]]
    index = int(node.get("Index", 0))
    # A group of a router is chosen by the node's title, not by its index.
    key = text(node.name) if parent.kind == "Route" else f"list({collection}.keys())[{index}]"
    return Fragment(
        code=f"{variable} = SelectFromCollection.apply(dfc={collection}, key={key}, "
        f"transformation_ctx={text(variable)})"
    )


def _applied(context: Context, node: Node, transform: str, arguments: str) -> Fragment:
    variable = context.variable(node)
    return Fragment(
        code=f"{variable} = {transform}.apply(frame={context.input(node)}, {arguments}, "
        f"transformation_ctx={text(variable)})"
    )


def _mapping_rows(rows: list[dict[str, Any]], source: tuple[str, ...], target: tuple[str, ...]) -> list[str]:
    """One tuple per leaf: the children of a structure are mapped by their full paths."""
    written = []
    for row in rows:
        if row.get("Dropped"):
            continue
        from_path = tuple(row.get("FromPath") or ())
        if source and from_path[: len(source)] != source:
            from_path = source + from_path
        to_path = (*target, str(row.get("ToKey") or ""))
        children = row.get("Children")
        if children:
            written += _mapping_rows(children, from_path, to_path)
            continue
        types = (str(row.get("FromType") or ""), str(row.get("ToType") or ""))
        written.append(
            f"({text(dotted(from_path))}, {text(types[0])}, {text(dotted(to_path))}, {text(types[1])})"
        )
    return written


def _paths(node: Node) -> str:
    return strings(dotted(path) for path in node.get("Paths", []))


def _single(name: str) -> str:
    """A column in single quotes, as Glue Studio has it inside join conditions."""
    return f"'{name}'" if not set(name) & set("'\\\n\r\0") else text(name)


GENERATORS: dict[str, Generator] = {
    "ApplyMapping": apply_mapping,
    "RenameField": rename_field,
    "SelectFields": select_fields,
    "DropFields": drop_fields,
    "FillMissingValues": fill_missing_values,
    "DropDuplicates": drop_duplicates,
    "Join": join,
    "SelectFromCollection": select_from_collection,
}
