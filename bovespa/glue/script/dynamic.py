"""Transforms that live in modules of their own: the `gs_…` family, custom visual transforms."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

from bovespa.glue.script.context import Context, Fragment, Generator, unsupported
from bovespa.glue.script.literals import boolean, number, text
from glue.model import Node


def dynamic_transform(context: Context, node: Node) -> Fragment:
    """A method that a module adds to DynamicFrame; the module is the file in `Path`."""
    function = str(node.get("FunctionName", ""))
    module = PurePosixPath(str(node.get("Path", ""))).stem or function
    if not function.isidentifier() or not module.isidentifier():
        raise unsupported(
            node, f"FunctionName {function!r} or Path {node.get('Path')!r} is not a Python name"
        )
    arguments = []
    for parameter in node.get("Parameters", []):
        name, value = str(parameter.get("Name", "")), _argument(parameter)
        if value is None:
            continue
        if not name.isidentifier():
            raise unsupported(node, f"Parameters: {name!r} is not a Python name")
        arguments.append(f"{name}={value}")
    return Fragment(
        code=f"{context.variable(node)} = {context.input(node)}.{function}({', '.join(arguments)})",
        imports=(f"import {module}",),
    )


def _argument(parameter: dict[str, Any]) -> str | None:
    values = parameter.get("Value")
    if values is None:
        return None
    values = values if isinstance(values, list) else [values]
    kind = str(parameter.get("Type", "str"))
    if not values or (kind != "list" and values[0] in (None, "")):
        return None
    if kind == "list":
        numeric = str(parameter.get("ListType", "str")) in ("int", "float")
        return "[" + ", ".join((number(value) if numeric else None) or text(value) for value in values) + "]"
    if kind == "bool":
        return boolean(str(values[0]).lower() == "true")
    if kind in ("int", "float", "complex"):
        return number(values[0]) or text(values[0])
    return text(values[0])


GENERATORS: dict[str, Generator] = {"DynamicTransform": dynamic_transform}
