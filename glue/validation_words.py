"""Enumerations of the API: words that the pinned botocore doesn't know.

botocore itself doesn't check them. A newer Glue may know more words than the pinned model, so these are
warnings, except where a wrong word certainly breaks the script (see `validation_nodes`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from glue.definition import node_body
from glue.model import JobDefinition
from glue.nodes import kinds, service_model
from glue.placeholders import PLACEHOLDER
from glue.problems import Problem, Severity

CHECKED_ELSEWHERE = frozenset({"AggFunction", "JoinType", "UnionType"})


def unknown_words(definition: JobDefinition) -> Iterator[Problem]:
    """Values of enumerated properties, of the job and of its nodes, that are none of the enumeration's."""
    job_shape = service_model().operation_model("CreateJob").input_shape
    for path, value, allowed in _walk("", dict(definition.properties), job_shape):
        yield Problem.job(path, f"is {value!r}, known are {', '.join(allowed)}", Severity.WARNING)
    node_shapes = service_model().shape_for("CodeGenConfigurationNode").members
    for node in definition.nodes.values():
        if node.kind not in kinds():
            continue
        for path, value, allowed in _walk("", node_body(node), node_shapes[node.kind]):
            yield Problem.of(node, path, f"is {value!r}, known are {', '.join(allowed)}", Severity.WARNING)


def _walk(path: str, value: Any, shape: Any) -> Iterator[tuple[str, str, list[str]]]:
    if shape.type_name == "structure" and isinstance(value, dict):
        for key, item in value.items():
            if key in shape.members:
                yield from _walk(f"{path}.{key}" if path else key, item, shape.members[key])
    elif shape.type_name == "list" and isinstance(value, list):
        for index, item in enumerate(value):
            yield from _walk(f"{path}[{index}]", item, shape.member)
    elif shape.type_name == "string" and isinstance(value, str):
        allowed = getattr(shape, "enum", None)
        if not allowed or shape.name in CHECKED_ELSEWHERE or PLACEHOLDER.search(value):
            return
        if value not in allowed:
            yield path, value, allowed
