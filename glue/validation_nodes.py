"""Checks inside single nodes that the API's shapes cannot express."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from keyword import iskeyword
from textwrap import indent
from typing import Any

from glue.model import JobDefinition, Node
from glue.nodes import Role, kinds, role_of, service_model
from glue.problems import Problem, Severity


def node_problems(definition: JobDefinition) -> Iterator[Problem]:
    """Problems of the nodes' own properties, and of names that must be unique in the job."""
    for node in definition.nodes.values():
        if node.kind in CHECKS:
            yield from CHECKS[node.kind](definition, node)
        if role_of(node.kind) is Role.TARGET:
            yield from _catalogue_settings(node)
    yield from _unique_class_names(definition)
    yield from _unique_tables(definition)


def _spark_sql(_: JobDefinition, node: Node) -> Iterator[Problem]:
    aliases = [alias for alias in node.get("SqlAliases", []) if isinstance(alias, dict)]
    named = {alias.get("From") for alias in aliases}
    for source in node.inputs:
        if source not in named:
            yield Problem.of(node, "SqlAliases", f"has no alias for input {source}")
    for index, alias in enumerate(aliases):
        if alias.get("From") not in node.inputs:
            yield Problem.of(
                node, f"SqlAliases[{index}].From", f"names {alias.get('From')}, which is not an input"
            )
    counts = Counter(str(alias.get("Alias")).lower() for alias in aliases)
    for name, count in counts.items():
        if count > 1:
            yield Problem.of(node, "SqlAliases", f"uses the alias {name} {count} times")
    if not str(node.get("SqlQuery", "")).strip():
        yield Problem.of(node, "SqlQuery", "is empty")


def _aggregate(_: JobDefinition, node: Node) -> Iterator[Problem]:
    allowed = service_model().shape_for("AggFunction").enum
    aggs = node.get("Aggs", [])
    for index, agg in enumerate(aggs):
        function = agg.get("AggFunc") if isinstance(agg, dict) else None
        if function not in allowed:
            yield Problem.of(
                node, f"Aggs[{index}].AggFunc", f"is {function!r}, allowed are {', '.join(allowed)}"
            )


def _join(_: JobDefinition, node: Node) -> Iterator[Problem]:
    allowed = service_model().shape_for("JoinType").enum
    if node.get("JoinType") not in allowed:
        yield Problem.of(node, "JoinType", f"is {node.get('JoinType')!r}, allowed are {', '.join(allowed)}")
    columns = [column for column in node.get("Columns", []) if isinstance(column, dict)]
    for index, column in enumerate(columns):
        if column.get("From") not in node.inputs:
            yield Problem.of(
                node, f"Columns[{index}].From", f"names {column.get('From')}, which is not an input"
            )
    counts = {len(column.get("Keys") or []) for column in columns}
    if len(counts) > 1:
        yield Problem.of(node, "Columns", "has a different number of keys on each side")


def _enum(path: str, shape: str) -> Any:
    def check(_: JobDefinition, node: Node) -> Iterator[Problem]:
        allowed = service_model().shape_for(shape).enum
        if node.get(path) not in allowed:
            yield Problem.of(node, path, f"is {node.get(path)!r}, allowed are {', '.join(allowed)}")

    return check


def _custom_code(definition: JobDefinition, node: Node) -> Iterator[Problem]:
    class_name = str(node.get("ClassName", ""))
    if not class_name.isidentifier() or iskeyword(class_name):
        yield Problem.of(node, "ClassName", f"is {class_name!r}, which is not a Python name")
    try:
        ast.parse(f"def f(glueContext, dfc):\n{indent(str(node.get('Code', '')), '    ')}")
    except (SyntaxError, ValueError, RecursionError) as error:
        line = getattr(error, "lineno", None)
        where = f" in line {line - 1}" if line else ""
        reason = getattr(error, "msg", error)
        yield Problem.of(node, "Code", f"does not parse as Python{where}: {reason}", Severity.WARNING)
    for reader in definition.nodes.values():
        if node.id in reader.inputs and reader.kind not in ("SelectFromCollection", "CustomCode"):
            # Legal, and sound if the code happens to return a single frame.
            message = f"reads the collection of {node.id} directly: put a SelectFromCollection between"
            yield Problem.of(reader, "Inputs", message, Severity.WARNING)


def _select_from_collection(definition: JobDefinition, node: Node) -> Iterator[Problem]:
    index = node.get("Index")
    if isinstance(index, int) and index < 0:
        yield Problem.of(node, "Index", f"is {index}, must be 0 or more")
    for source in node.inputs:
        parent = definition.nodes.get(source)
        if parent is not None and parent.kind in kinds() and parent.kind not in COLLECTIONS:
            yield Problem.of(
                node, "Inputs", f"names {source} ({parent.kind}), whose output is not a collection"
            )


def _catalogue_settings(node: Node) -> Iterator[Problem]:
    policy = node.get("SchemaChangePolicy")
    if not isinstance(policy, dict) or not policy.get("EnableUpdateCatalog"):
        return
    for name in ("Database", "Table"):
        if not policy.get(name) and not node.get(name):
            yield Problem.of(
                node, f"SchemaChangePolicy.{name}", "is missing although EnableUpdateCatalog is on"
            )


def _unique_class_names(definition: JobDefinition) -> Iterator[Problem]:
    """Both become functions of that name, of which the later one is used for both nodes."""
    seen: dict[str, Node] = {}
    for node in definition.nodes.values():
        name = str(node.get("ClassName", ""))
        if node.kind != "CustomCode" or not name:
            continue
        first = seen.setdefault(name, node)
        if first is not node:
            same = first.get("Code") == node.get("Code")
            severity = Severity.WARNING if same else Severity.ERROR
            yield Problem.of(node, "ClassName", f"{name} is already the ClassName of {first.id}", severity)


def _unique_tables(definition: JobDefinition) -> Iterator[Problem]:
    """Two targets may add to one table, but a table has one place."""
    seen: dict[tuple[str, str], Node] = {}
    for node in definition.nodes.values():
        policy = node.get("SchemaChangePolicy")
        if role_of(node.kind) is not Role.TARGET or not isinstance(policy, dict):
            continue
        if not policy.get("EnableUpdateCatalog") or not policy.get("Table"):
            continue
        table = (str(policy.get("Database")), str(policy["Table"]).lower())
        first = seen.setdefault(table, node)
        if first is not node:
            same = str(first.get("Path")).rstrip("/") == str(node.get("Path")).rstrip("/")
            yield Problem.of(
                node,
                "SchemaChangePolicy.Table",
                f"{'.'.join(table)} is already written by {first.id}",
                Severity.WARNING if same else Severity.ERROR,
            )


COLLECTIONS = frozenset(
    {
        "CustomCode",
        "SplitFields",
        "EvaluateDataQualityMultiFrame",
        "EvaluateDataQuality",
        "Route",
        "DynamicTransform",
    }
)

CHECKS: dict[str, Any] = {
    "SparkSQL": _spark_sql,
    "Aggregate": _aggregate,
    "Join": _join,
    "Union": _enum("UnionType", "UnionType"),
    "CustomCode": _custom_code,
    "SelectFromCollection": _select_from_collection,
}
