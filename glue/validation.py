"""Offline checks of a visual job: what AWS would refuse, and what would fail when the job runs.

Errors are refused by the API or break the generated script; warnings are legal but rarely meant.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from glue.definition import to_api
from glue.model import JobDefinition
from glue.nodes import kinds, service_model
from glue.problems import Problem, Severity
from glue.validation_graph import graph_problems
from glue.validation_job import job_problems
from glue.validation_nodes import node_problems
from glue.validation_shapes import constraint_problems

__all__ = ["Problem", "Severity", "errors", "validate"]

# botocore prints Python's types.
TYPE_NAMES = {
    "<class 'str'>": "a string",
    "<class 'int'>": "a number",
    "<class 'float'>": "a number",
    "<class 'decimal.Decimal'>": "a number",
    "<class 'bool'>": "true or false",
    "<class 'list'>": "a list",
    "<class 'tuple'>": "a list",
    "<class 'dict'>": "an object",
}


def validate(definition: JobDefinition) -> list[Problem]:
    """All problems of a definition: of the API's shapes, of the job, of the graph, of each node, in this order."""
    return [
        *shape_problems(definition),
        *job_problems(definition),
        *graph_problems(definition),
        *node_problems(definition),
    ]


def errors(problems: list[Problem]) -> list[Problem]:
    """Only those that make a job unusable."""
    return [problem for problem in problems if problem.severity is Severity.ERROR]


def shape_problems(definition: JobDefinition) -> Iterator[Problem]:
    """What the API's shapes say about the CreateJob input, with botocore's own validation of types."""
    from botocore.validate import ParamValidator

    shape = service_model().operation_model("CreateJob").input_shape
    body = to_api(definition)
    nodes = body.pop("CodeGenConfigurationNodes")
    if not definition.name:
        yield Problem.job("Name", "is empty")
    yield from constraint_problems(definition)
    # A role and a script location are often added only when a file is deployed.
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
            place = path.removeprefix(node.kind).lstrip(".")
            if place != "Inputs":  # the graph's checks say it better
                yield Problem.of(node, place, message)


def _messages(report: Any) -> Iterator[tuple[str, str]]:
    """botocore's findings as (path, message); its report keeps them as (kind, place, details)."""
    for kind, place, details in report._errors:
        path = place.removeprefix(".")
        if kind == "missing required field":
            yield _join(path, str(details["required_name"])), "is missing"
        elif kind == "unknown field":
            yield _join(path, str(details["unknown_param"])), "is not a property that Glue knows here"
        elif kind == "invalid type":
            names = [TYPE_NAMES.get(str(name), str(name)) for name in details["valid_types"]]
            expected = " or ".join(dict.fromkeys(names))
            yield path, f"is {details['param']!r}, expected {expected}"
        elif kind == "invalid range":
            yield path, f"is {details['param']}, must be at least {details['min_allowed']}"
        elif kind == "invalid length":
            yield path, f"has length {details['param']}, at least {details['min_allowed']} is required"
        else:
            yield path, kind


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
