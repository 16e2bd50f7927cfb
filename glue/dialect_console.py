"""Glue Studio's "Download": the editor's own node objects, brought to the API's kinds and fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from glue.errors import DefinitionError
from glue.model import Node


def console_properties(config: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """`jobConfig` as a job name and CreateJob properties."""
    return str(config.get("name") or ""), {}


def console_node(node_id: str, body: Any) -> Node:
    """One entry of `dag` as a Node."""
    raise DefinitionError(f"node {node_id}: the console's format cannot be read")
