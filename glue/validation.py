"""Offline checks of a visual job: what AWS would refuse, and what would fail when the job runs.

`error` problems are refused by the API or break the generated script; `warning` problems are legal but rarely meant.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from glue.definition import to_api
from glue.model import JobDefinition
from glue.nodes import kinds, service_model
from glue.problems import Problem, Severity
from glue.validation_graph import graph_problems
from glue.validation_nodes import node_problems

__all__ = ["Problem", "Severity", "errors", "validate"]

# Studio's own exports keep these out of the nodes; a Role or a Command that is missing is a deploy-time input here.
DEPLOY_TIME = frozenset({"Role", "Command"})


def validate(definition: JobDefinition) -> list[Problem]:
    """All problems of a definition, those of the API's shapes first, then the graph's, then each node's."""
    return [*shape_problems(definition), *graph_problems(definition), *node_problems(definition)]


def errors(problems: list[Problem]) -> list[Problem]:
    """Only those that make a job unusable."""
    return [problem for problem in problems if problem.severity is Severity.ERROR]


def shape_problems(definition: JobDefinition) -> Iterator[Problem]:
    """What botocore's own parameter validation says about the CreateJob input."""
    from botocore.validate import ParamValidator

    shape = service_model().operation_model("CreateJob").input_shape
    body = to_api(definition)
    nodes = body.pop("CodeGenConfigurationNodes")
    if not definition.name:
        yield Problem.job("Name", "is empty")
    report = ParamValidator().validate({"Role": "role", "Command": {}, **body}, shape)
    for path, message in _messages(report):
        yield Problem.job(path, message)
    node_shape = service_model().shape_for("CodeGenConfigurationNode")
    for node_id, wrapped in nodes.items():
        node = definition.nodes[node_id]
        if node.kind not in kinds():
            yield Problem.of(node, "", f"{node.kind} is not a kind of node that Glue knows")
            continue
        for path, message in _messages(ParamValidator().validate(wrapped, node_shape)):
            yield Problem.of(node, path.removeprefix(node.kind).lstrip("."), message)


def _messages(report: Any) -> Iterator[tuple[str, str]]:
    """botocore's findings as (path, message); its report keeps them as (place, kind, details)."""
    for place, kind, details in report._errors:
        path = place.removeprefix(".")
        if kind == "missing required field":
            yield _join(path, str(details["required_name"])), "is missing"
        elif kind == "unknown field":
            yield _join(path, str(details["unknown_param"])), "is not a property of this kind"
        elif kind == "invalid type":
            expected = " or ".join(details["valid_types"])
            yield path, f"is {details['param']!r}, expected {expected}"
        elif kind == "invalid range":
            yield (
                path,
                f"has {details['param']} elements or value, at least {details['min_allowed']} are required",
            )
        elif kind == "invalid length":
            yield path, f"has length {details['param']}, at least {details['min_allowed']} is required"
        else:
            yield path, kind


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
