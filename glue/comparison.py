"""Differences between two job definitions that mean something.

Ignored: the order of nodes and keys, nulls, empty lists, maps and strings, defaults that Glue fills in on its own,
the spelling of placeholders.
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
    "Timeout": 2880,
}


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where two definitions differ; None stands for "not there"."""

    path: str
    left: Any
    right: Any


def normalise(definition: JobDefinition) -> dict[str, Any]:
    """The CreateJob input without noise: equal results mean equal jobs."""
    body = _without_empty(canonical(to_api(definition)))
    for name, default in JOB_DEFAULTS.items():
        if body.get(name) == default:
            del body[name]
    return body


def compare(left: JobDefinition, right: JobDefinition) -> list[Difference]:
    """All differences, by path."""
    return list(_walk("", normalise(left), normalise(right)))


def _walk(path: str, left: Any, right: Any) -> Iterator[Difference]:
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        for key in sorted(left.keys() | right.keys()):
            yield from _walk(f"{path}.{key}" if path else key, left.get(key), right.get(key))
    elif isinstance(left, list) and isinstance(right, list) and len(left) == len(right):
        for index, (one, other) in enumerate(zip(left, right, strict=True)):
            yield from _walk(f"{path}[{index}]", one, other)
    elif left != right:
        yield Difference(path, left, right)


def _without_empty(value: Any) -> Any:
    if isinstance(value, Mapping):
        cleaned = {key: _without_empty(item) for key, item in value.items()}
        return {key: item for key, item in cleaned.items() if not _empty(item)}
    if isinstance(value, list | tuple):
        return [_without_empty(item) for item in value]
    return value


def _empty(value: Any) -> bool:
    return value is None or (isinstance(value, str | list | dict) and not value)
