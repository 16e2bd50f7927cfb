"""What the API's shapes say of a value besides its type: pattern, length, bounds, words.

Of these botocore itself checks only the lower bounds. Source: the constraints in botocore's model of Glue, which
are those of the AWS Glue Web API Reference.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from glue.definition import node_body
from glue.model import JobDefinition
from glue.nodes import kinds, service_model
from glue.placeholders import PLACEHOLDER
from glue.problems import Problem, Severity

CHECKED_ELSEWHERE = frozenset({"AggFunction", "JoinType", "UnionType"})
# Java's surrogate pairs for everything beyond U+FFFF, as Python spells it.
JAVA_BEYOND_BMP, PYTHON_BEYOND_BMP = r"\uD800\uDC00-\uDBFF\uDFFF", r"\U00010000-\U0010FFFF"
SHOWN = 60

Finding = tuple[str, str, Severity]  # path, message, severity


def constraint_problems(definition: JobDefinition) -> Iterator[Problem]:
    """Values, of the job and of its nodes, that break a constraint of their shape.

    Unknown words are warnings, as a newer Glue may know more of them than the pinned model; except where a wrong word
    breaks the script (see `validation_nodes`).
    """
    job_shape = service_model().operation_model("CreateJob").input_shape
    job = {"Name": definition.name, **definition.properties}
    for path, message, severity in _walk("", job, job_shape):
        yield Problem.job(path, message, severity)
    ids = job_shape.members["CodeGenConfigurationNodes"].key
    node_shapes = service_model().shape_for("CodeGenConfigurationNode").members
    for node in definition.nodes.values():
        for _, message, severity in _walk("", node.id, ids):
            yield Problem.of(node, "", f"has an id that {message}", severity)
        if node.kind in kinds():
            for path, message, severity in _walk("", node_body(node), node_shapes[node.kind]):
                if path != "Inputs":  # the graph's checks say it better
                    yield Problem.of(node, path, message, severity)


def _walk(path: str, value: Any, shape: Any) -> Iterator[Finding]:
    if shape.type_name == "structure" and isinstance(value, dict):
        for key, item in value.items():
            if key in shape.members:
                yield from _walk(f"{path}.{key}" if path else key, item, shape.members[key])
    elif shape.type_name == "list" and isinstance(value, list):
        yield from _longest(path, value, shape, "entries")
        for index, item in enumerate(value):
            yield from _walk(f"{path}[{index}]", item, shape.member)
    elif shape.type_name == "map" and isinstance(value, dict):
        yield from _longest(path, value, shape, "entries")
        for key, item in value.items():
            yield from _walk(f"{path}.{key}", key, shape.key)
            yield from _walk(f"{path}.{key}", item, shape.value)
    elif shape.type_name == "string" and isinstance(value, str):
        if not PLACEHOLDER.search(value):
            yield from _string(path, value, shape)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        most = shape.metadata.get("max")
        if most is not None and value > most:
            yield path, f"is {value}, must be at most {most}", Severity.ERROR


def _string(path: str, value: str, shape: Any) -> Iterator[Finding]:
    allowed = getattr(shape, "enum", None)
    if allowed and shape.name not in CHECKED_ELSEWHERE and value not in allowed:
        yield path, f"is {value!r}, known are {', '.join(allowed)}", Severity.WARNING
    yield from _longest(path, value, shape, "characters")
    pattern = shape.metadata.get("pattern")
    if pattern and not _compiled(pattern).fullmatch(value):
        shown = value if len(value) <= SHOWN else f"{value[:SHOWN]}…"
        yield path, f"is {shown!r}, which does not match {pattern}", Severity.ERROR


def _longest(path: str, value: Any, shape: Any, unit: str) -> Iterator[Finding]:
    most = shape.metadata.get("max")
    if most is not None and len(value) > most:
        yield path, f"has {len(value)} {unit}, at most {most} are allowed", Severity.ERROR


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern.replace(JAVA_BEYOND_BMP, PYTHON_BEYOND_BMP))
