"""The three formats in which Glue exports a visual job, recognised and brought to the API's form.

- *API*: what `aws glue get-job` prints and CreateJob takes: PascalCase, `CodeGenConfigurationNodes` is a map;
- *Git*: what Glue's source control integration commits: camelCase, the nodes are a JSON *string*;
- *console*: what Glue Studio's "Download" gives: `jobConfig` and `dag`, fields named as in the editor.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import Enum
from typing import Any

from glue.dialect_console import console_node, console_properties
from glue.errors import DefinitionError
from glue.model import JobDefinition, Node
from glue.nodes import service_model

# Fields kept elsewhere in a JobDefinition, and the deprecated spelling of the capacity.
ELSEWHERE = frozenset({"Name", "CodeGenConfigurationNodes", "AllocatedCapacity"})


class Dialect(Enum):
    """An export format."""

    API = "api"
    GIT = "git"
    CONSOLE = "console"


def detect(document: Mapping[str, Any]) -> Dialect:
    """Which format a document is in.

    Raises:
        DefinitionError: it is in none of them.
    """
    if "dag" in document:
        return Dialect.CONSOLE
    if "codeGenConfigurationNodes" in document:
        return Dialect.GIT
    if "CodeGenConfigurationNodes" in document:
        return Dialect.API
    if "Command" in document or "command" in document or "jobConfig" in document:
        raise DefinitionError("is a Glue job without visual nodes (a script or notebook job)")
    raise DefinitionError(
        "is not a visual Glue job: none of CodeGenConfigurationNodes, codeGenConfigurationNodes, dag"
    )


def read_document(document: Any, *, default_name: str = "") -> JobDefinition:
    """Normalise a decoded document; `default_name` stands in where the format carries no job name."""
    if not isinstance(document, dict):
        raise DefinitionError("is not a JSON object")
    document = _unwrapped(document)
    dialect = detect(document)
    if dialect is Dialect.CONSOLE:
        return _read_console(document, default_name)
    if dialect is Dialect.GIT:
        document = _pascal(document, service_model().operation_model("CreateJob").input_shape)
    return _read_api(document, default_name)


def _unwrapped(document: dict[str, Any]) -> dict[str, Any]:
    """The job in what the AWS CLI prints: `get-job`, `get-jobs` of one visual job, input of `update-job`."""
    jobs = document.get("Jobs")
    if isinstance(jobs, list):
        named = {str(job.get("Name")): job for job in jobs if isinstance(job, dict)}
        visual = [name for name, job in named.items() if job.get("CodeGenConfigurationNodes")]
        if len(visual) != 1:
            told = f"visual ones among them: {', '.join(visual)}" if visual else "none of them is visual"
            raise DefinitionError(
                f"holds {len(jobs)} jobs ({told}): take one with `aws glue get-job --job-name NAME`"
            )
        return named[visual[0]]
    if isinstance(document.get("JobNames"), list):
        names = ", ".join(map(str, document["JobNames"]))
        raise DefinitionError(
            f"lists names of jobs only ({names}): take one with `aws glue get-job --job-name NAME`"
        )
    for wrapper in ("Job", "job", "JobUpdate"):
        if isinstance(document.get(wrapper), dict):
            document = document[wrapper]
    return document


def _read_api(document: Mapping[str, Any], default_name: str) -> JobDefinition:
    nodes = document.get("CodeGenConfigurationNodes")
    if isinstance(nodes, str):
        try:
            nodes = json.loads(nodes)
        except json.JSONDecodeError as error:
            raise DefinitionError(f"codeGenConfigurationNodes is not JSON: {error}") from error
    if not isinstance(nodes, dict):
        raise DefinitionError("CodeGenConfigurationNodes is not an object")
    reported = _output_only()
    dropped = ELSEWHERE | reported
    properties = {key: value for key, value in document.items() if key not in dropped and value is not None}
    if properties.get("WorkerType") and ("AllocatedCapacity" in document or reported & document.keys()):
        # What Glue itself reports of a job has a capacity beside the workers, without anybody having set it.
        properties.pop("MaxCapacity", None)
    return JobDefinition(
        name=str(document.get("Name") or default_name),
        properties=properties,
        nodes={node_id: _read_node(node_id, body) for node_id, body in nodes.items()},
    )


def _output_only() -> set[str]:
    """What GetJob answers about a job and CreateJob doesn't take: dates, the usage profile."""
    taken = service_model().operation_model("CreateJob").input_shape.members
    return set(service_model().shape_for("Job").members) - set(taken)


def _read_node(node_id: str, wrapped: Any) -> Node:
    if not isinstance(wrapped, dict):
        raise DefinitionError(f"node {node_id}: is not an object")
    present = {kind: body for kind, body in wrapped.items() if body is not None}
    if len(present) != 1:
        found = ", ".join(present) or "none"
        raise DefinitionError(f"node {node_id}: must have exactly one kind, has {len(present)} ({found})")
    kind, body = next(iter(present.items()))
    if not isinstance(body, dict):
        raise DefinitionError(f"node {node_id}: {kind} is not an object")
    inputs = body.get("Inputs") or []
    if not isinstance(inputs, list) or not all(isinstance(item, str) for item in inputs):
        raise DefinitionError(f"node {node_id}: {kind}.Inputs is not a list of node ids")
    properties = {
        key: value for key, value in body.items() if key not in ("Name", "Inputs") and value is not None
    }
    return Node(
        id=node_id, kind=kind, name=str(body.get("Name") or ""), inputs=tuple(inputs), properties=properties
    )


def _read_console(document: Mapping[str, Any], default_name: str) -> JobDefinition:
    dag = document["dag"]
    config = document.get("jobConfig") or {}
    if not isinstance(dag, dict) or not isinstance(config, dict):
        raise DefinitionError("jobConfig and dag are not objects")
    name, properties = console_properties(config)
    return JobDefinition(
        name=name or default_name,
        properties=properties,
        nodes={node_id: console_node(node_id, body) for node_id, body in dag.items()},
    )


def _pascal(value: Any, shape: Any) -> Any:
    """Spell the keys of camelCase JSON as the API's shape does; keys of maps (arguments, tags) are data."""
    if shape is None:
        return value
    if shape.type_name == "structure" and isinstance(value, dict):
        spelt = {}
        for key, item in value.items():
            name = key[:1].upper() + key[1:]
            spelt[name] = _pascal(item, shape.members.get(name))
        return spelt
    if shape.type_name == "list" and isinstance(value, list):
        return [_pascal(item, shape.member) for item in value]
    return value
