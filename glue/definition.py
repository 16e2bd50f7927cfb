"""A visual Glue job as one document, whichever of Glue's export formats it was written in.

The normal form is the API's: job-level properties spelt as in *CreateJob* and the nodes of
`CodeGenConfigurationNodes` (AWS Glue Web API Reference, "CreateJob" and "CodeGenConfigurationNode").
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from glue.dialects import read_document
from glue.errors import DefinitionError
from glue.model import JobDefinition, Node
from glue.placeholders import fill_value, names_in

__all__ = ["DefinitionError", "JobDefinition", "Node", "fill", "load", "parse", "placeholders", "to_api"]

MAX_FILE_BYTES = 16 * 1024 * 1024


def load(path: str | Path) -> JobDefinition:
    """Read a job definition from a JSON file in any of the three export formats.

    Raises:
        DefinitionError: the file, which is named, cannot be read or is not one visual job.
    """
    path = Path(path)
    try:
        size = path.stat().st_size
        if size > MAX_FILE_BYTES:
            raise DefinitionError(f"{path}: {size} bytes is too large for a job definition")
        text = decoded(path.read_bytes())
    except OSError as error:
        raise DefinitionError(f"{path}: cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise DefinitionError(f"{path}: is neither UTF-8 nor UTF-16 text") from error
    try:
        return parse(json.loads(text), default_name=path.stem)
    except json.JSONDecodeError as error:
        if _is_script(path, text):
            raise DefinitionError(
                f"{path}: is a Python script, not a job's definition (bovespa job run takes scripts too)"
            ) from error
        raise DefinitionError(f"{path}: is not JSON: {error.msg} in line {error.lineno}") from error
    except RecursionError as error:
        raise DefinitionError(f"{path}: is nested too deeply") from error
    except DefinitionError as error:
        raise DefinitionError(f"{path}: {error}") from error


def decoded(content: bytes) -> str:
    """A file's text: UTF-8, or UTF-16 with its byte order mark, which PowerShell's ``>`` writes.

    Raises:
        UnicodeDecodeError: it is neither.
    """
    marked = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return content.decode("utf-16" if marked else "utf-8-sig")


def _is_script(path: Path, text: str) -> bool:
    return path.suffix == ".py" or "import awsglue" in text or "from awsglue" in text


def parse(document: Any, *, default_name: str = "") -> JobDefinition:
    """Turn a decoded JSON document into a JobDefinition.

    Raises:
        DefinitionError: it is no visual job.
    """
    return read_document(document, default_name=default_name)


def placeholders(definition: JobDefinition) -> frozenset[str]:
    """The names of all `${name}` placeholders in the definition."""
    return frozenset(names_in(to_api(definition)))


def fill(definition: JobDefinition, values: Mapping[str, str]) -> JobDefinition:
    """Replace every `${name}` in every string; names without a value are an error that lists them."""
    missing = sorted(placeholders(definition) - values.keys())
    if missing:
        known = ", ".join(sorted(values)) or "none"
        raise DefinitionError(
            f"job {definition.name}: no value for placeholder {', '.join(missing)} (given: {known})"
        )
    return definition.changed(lambda value: fill_value(value, values))


def to_api(definition: JobDefinition) -> dict[str, Any]:
    """The input of *CreateJob* (`Name`, properties, `CodeGenConfigurationNodes`) as plain JSON values."""
    body: dict[str, Any] = {"Name": definition.name, **_plain(definition.properties)}
    if body.get("WorkerType"):
        body.pop("MaxCapacity", None)  # CreateJob takes only one of the two
    body["CodeGenConfigurationNodes"] = {
        node_id: {node.kind: node_body(node)} for node_id, node in definition.nodes.items()
    }
    return body


def node_body(node: Node) -> dict[str, Any]:
    """A node's fields as the API has them: `Name`, `Inputs` (except for sources), then the rest."""
    body: dict[str, Any] = {"Name": node.name} if node.name else {}
    if node.inputs:
        body["Inputs"] = list(node.inputs)
    body.update(_plain(node.properties))
    return body


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
