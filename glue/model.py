"""The normal form of a visual job: immutable, and independent of the file it came from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One box of the visual editor.

    `properties` holds the API's fields of the node's kind without `Name` and `Inputs`. `variable` is the
    Python name that Glue Studio itself chose, where the export tells it (only the console's download does).
    """

    id: str
    kind: str
    name: str
    inputs: tuple[str, ...] = ()
    properties: Mapping[str, Any] = field(default_factory=dict)
    variable: str | None = None

    def get(self, key: str, default: Any = None) -> Any:
        """The property `key`, or `default` where it is absent or null."""
        value = self.properties.get(key)
        return default if value is None else value


@dataclass(frozen=True, slots=True, kw_only=True)
class JobDefinition:
    """A job: its name, its other CreateJob properties, its nodes in document order."""

    name: str
    properties: Mapping[str, Any] = field(default_factory=dict)
    nodes: Mapping[str, Node] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "properties", MappingProxyType(dict(self.properties)))
        object.__setattr__(self, "nodes", MappingProxyType(dict(self.nodes)))

    def changed(self, change: Callable[[Any], Any]) -> JobDefinition:
        """A copy in which `change` has been applied to every name and to all properties."""
        return JobDefinition(
            name=change(self.name),
            properties=change(self.properties),
            nodes={
                key: replace(node, name=change(node.name), properties=change(node.properties))
                for key, node in self.nodes.items()
            },
        )
