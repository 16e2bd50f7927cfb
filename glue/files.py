"""Job definitions as files: one spelling for one definition, written whole or not at all."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any

from glue.definition import node_body
from glue.errors import DefinitionError
from glue.model import JobDefinition, Node
from glue.order import in_order

FIRST_KEYS = (
    "Name",
    "Description",
    "JobMode",
    "Role",
    "GlueVersion",
    "WorkerType",
    "NumberOfWorkers",
    "MaxRetries",
    "Timeout",
    "ExecutionProperty",
    "JobRunQueuingEnabled",
    "Command",
    "DefaultArguments",
)


def dump(definition: JobDefinition) -> str:
    """The definition as the text of a file: the API's form, nodes from the sources on, keys in a fixed order.

    Two definitions that `comparison.compare` finds equal may still differ here in nulls and defaults.
    """
    properties = {"Name": definition.name, **definition.properties}
    first = [key for key in FIRST_KEYS if key in properties]
    rest = sorted(key for key in properties if key not in FIRST_KEYS)
    document: dict[str, Any] = {key: _sorted(properties[key]) for key in (*first, *rest)}
    document["CodeGenConfigurationNodes"] = {node.id: {node.kind: _node(node)} for node in _nodes(definition)}
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def write(path: str | Path, text: str) -> None:
    """Put `text` into a file in one step: a reader sees the old file or the new one, never a part.

    Raises:
        OSError: it cannot be written.
    """
    target = Path(path)
    descriptor, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=".part")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        mode = target.stat().st_mode if target.exists() else 0o666 & ~_umask()
        Path(temporary).chmod(mode & 0o777)
        Path(temporary).replace(target)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _nodes(definition: JobDefinition) -> list[Node]:
    try:
        return in_order(definition)
    except DefinitionError:
        return sorted(definition.nodes.values(), key=lambda node: node.id)


def _node(node: Node) -> dict[str, Any]:
    body = node_body(node)
    first = [key for key in ("Name", "Inputs") if key in body]
    return {key: _sorted(body[key]) for key in (*first, *sorted(body.keys() - set(first)))}


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    if isinstance(value, list | tuple):
        return [_sorted(item) for item in value]
    return value


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
