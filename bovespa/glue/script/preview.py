"""What comes before a node, as a script that shows the rows which the node would read."""

from __future__ import annotations

from collections import deque

from bovespa.glue.script.assembly import COMMIT, generate
from bovespa.glue.script.context import variable_name
from bovespa.glue.script.literals import text
from glue.errors import DefinitionError
from glue.model import JobDefinition, Node

COLLECTIONS = frozenset({"CustomCode", "Route"})


def until(definition: JobDefinition, wanted: str) -> str:
    """The script of everything that the node `wanted` (its id or its name) needs, and a look at what it would read.

    It commits nothing, so a bookmark stays where it is; and it has no target, since nothing reads a target.

    Raises:
        DefinitionError: there is no such node, there are several, or nothing comes before it.
        UnsupportedNodeError: a node before it cannot be written.
    """
    node = _named(definition, wanted)
    before = _before(definition, node)
    if not before:
        raise DefinitionError(f'nothing comes before node {node.id} "{node.name}"')
    part = JobDefinition(
        name=definition.name,
        properties=definition.properties,
        nodes={node_id: item for node_id, item in definition.nodes.items() if node_id in before},
    )
    shown = [_shown(node, definition.nodes[source]) for source in dict.fromkeys(node.inputs)]
    return generate(part).removesuffix(COMMIT) + "\n".join(shown)


def _named(definition: JobDefinition, wanted: str) -> Node:
    if wanted in definition.nodes:
        return definition.nodes[wanted]
    found = [node for node in definition.nodes.values() if node.name == wanted]
    if len(found) != 1:
        known = ", ".join(f'{node.id} "{node.name}"' for node in found or definition.nodes.values())
        raise DefinitionError(f"{len(found) or 'no'} nodes are called {wanted!r}, there are: {known}")
    return found[0]


def _before(definition: JobDefinition, node: Node) -> set[str]:
    found: set[str] = set()
    waiting = deque(node.inputs)
    while waiting:
        node_id = waiting.popleft()
        if node_id not in found and node_id in definition.nodes:
            found.add(node_id)
            waiting += definition.nodes[node_id].inputs
    return found - {node.id}


def _shown(node: Node, source: Node) -> str:
    frame = variable_name(source)
    title = source.name or source.id
    frames = f"{frame}.items()" if source.kind in COLLECTIONS else f"[({text(title)}, {frame})]"
    reader = text(node.name or node.id)
    return (
        f"# What {variable_name(node)} would read\n"
        f"for name, frame in {frames}:\n"
        f'    print("%s would read %d rows of %s" % ({reader}, frame.count(), name))\n'
        f"    frame.printSchema()\n"
        f"    frame.toDF().show(20, False)\n"
    )
