"""Differences between two job definitions that mean something.

Ignored: the order of nodes and keys, nulls, empty lists, maps and strings, switches that are off, defaults
that Glue fills in on its own, the spelling of placeholders.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from glue.definition import JobDefinition, to_api
from glue.placeholders import canonical

# What GetJob shows for a job that never set it (AWS Glue Web API Reference, "CreateJob", defaults).
JOB_DEFAULTS: dict[str, Any] = {
    "JobMode": "VISUAL",
    "ExecutionClass": "STANDARD",
    "MaxRetries": 0,
    "ExecutionProperty": {"MaxConcurrentRuns": 1},
    "JobRunQueuingEnabled": False,
}
# Minutes that Glue sets where a job has no Timeout: 480 from Glue 5.0 on, 2,880 before.
DEFAULT_TIMEOUTS = (480, 2880)


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where two definitions differ; None stands for "not there"."""

    path: str
    left: Any
    right: Any


def normalise(definition: JobDefinition) -> dict[str, Any]:
    """The CreateJob input without noise: equal results mean equal jobs."""
    body: dict[str, Any] = _without_empty(canonical(to_api(definition)))
    nodes = body.get("CodeGenConfigurationNodes")
    if nodes:
        body["CodeGenConfigurationNodes"] = _without_empty(nodes, off=True)
    for name, default in JOB_DEFAULTS.items():
        if body.get(name) == default:
            del body[name]
    return body


def compare(left: JobDefinition, right: JobDefinition) -> list[Difference]:
    """All differences, by path."""
    one, other = normalise(left), normalise(right)
    for here, there in ((one, other), (other, one)):
        if "Timeout" not in here and there.get("Timeout") in DEFAULT_TIMEOUTS:
            del there["Timeout"]
    return list(_walk("", one, other))


def _walk(path: str, left: Any, right: Any) -> Iterator[Difference]:
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        for key in sorted(left.keys() | right.keys()):
            yield from _walk(f"{path}.{key}" if path else key, left.get(key), right.get(key))
    elif isinstance(left, list) and isinstance(right, list) and len(left) == len(right):
        for index, (one, other) in enumerate(zip(left, right, strict=True)):
            yield from _walk(f"{path}[{index}]", one, other)
    elif left != right:
        yield Difference(path, left, right)


def _without_empty(value: Any, *, off: bool = False) -> Any:
    """Without members that say nothing: null, empty, with `off` also False (every switch's default)."""
    if isinstance(value, Mapping):
        cleaned = {key: _without_empty(item, off=off) for key, item in value.items()}
        return {key: item for key, item in cleaned.items() if not _empty(item, off=off)}
    if isinstance(value, list | tuple):
        return [_without_empty(item, off=off) for item in value]
    return value


def _empty(value: Any, *, off: bool) -> bool:
    if off and value is False:
        return True
    return value is None or (isinstance(value, str | list | dict) and not value)


def owned_by(definition: JobDefinition, owner: JobDefinition) -> JobDefinition:
    """`definition` as `owner`'s file would hold it: under its name, without the job properties that it doesn't state.

    The rest (role, workers, arguments, tags) is the deployment's, not the drawing's.
    """
    kept = {name: value for name, value in definition.properties.items() if name in owner.properties}
    return JobDefinition(name=owner.name, properties=kept, nodes=definition.nodes)
