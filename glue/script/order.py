"""The order in which Glue Studio writes the nodes: by depth, targets after everything they could depend on."""

from __future__ import annotations

from collections.abc import Mapping

from glue.errors import DefinitionError
from glue.model import JobDefinition, Node
from glue.nodes import Role, role_of


def in_order(definition: JobDefinition) -> list[Node]:
    """All nodes, inputs before their readers; raises DefinitionError on a cycle or an unknown input."""
    depths = _depths(definition.nodes)
    position = {node_id: index for index, node_id in enumerate(definition.nodes)}

    def key(node: Node) -> tuple[bool, int, int]:
        return (role_of(node.kind) is Role.TARGET, depths[node.id], position[node.id])

    return sorted(definition.nodes.values(), key=key)


def _depths(nodes: Mapping[str, Node]) -> dict[str, int]:
    """Each node's longest distance from a source."""
    depths: dict[str, int] = {}
    waiting = list(nodes.values())
    while waiting:
        ready = [node for node in waiting if all(source in depths for source in node.inputs)]
        if not ready:
            stuck = ", ".join(f'{node.id} "{node.name}"' for node in waiting)
            raise DefinitionError(f"these nodes form a cycle or read an unknown node: {stuck}")
        for node in ready:
            depths[node.id] = 1 + max((depths[source] for source in node.inputs), default=-1)
        done = {node.id for node in ready}
        waiting = [node for node in waiting if node.id not in done]
    return depths
