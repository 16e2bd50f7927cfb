"""The order in which Glue Studio writes the nodes of a script.

Glue keeps the nodes in a java.util.HashMap and walks the graph breadth-first from the sources, in that
map's iteration order, targets last (found by comparing published exports with their scripts). The iteration
order follows from the node ids alone (Java API: String.hashCode, HashMap's default capacity and load factor).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping

from glue.errors import DefinitionError
from glue.model import JobDefinition, Node
from glue.nodes import Role, role_of

INITIAL_CAPACITY = 16
LOAD_FACTOR = 0.75


def in_order(definition: JobDefinition) -> list[Node]:
    """All nodes, inputs before their readers.

    Raises:
        DefinitionError: there is a cycle or an unknown input.
    """
    nodes = definition.nodes
    ids = hash_order(nodes)
    readers = _readers(nodes, ids)
    missing = {node_id: len(set(nodes[node_id].inputs)) for node_id in ids}
    ready = deque(node_id for node_id in ids if not missing[node_id])
    found: list[Node] = []
    while ready:
        node_id = ready.popleft()
        found.append(nodes[node_id])
        for reader in readers[node_id]:
            missing[reader] -= 1
            if not missing[reader]:
                ready.append(reader)
    if len(found) < len(nodes):
        stuck = ", ".join(f'{node_id} "{nodes[node_id].name}"' for node_id in ids if missing[node_id])
        raise DefinitionError(f"these nodes form a cycle or read an unknown node: {stuck}")
    return sorted(found, key=lambda node: role_of(node.kind) is Role.TARGET)


def hash_order(keys: Iterable[str]) -> list[str]:
    """`keys` in the iteration order of a HashMap that they were put into one by one."""
    names = list(keys)
    capacity = INITIAL_CAPACITY
    while len(names) > capacity * LOAD_FACTOR:
        capacity *= 2
    return sorted(names, key=lambda name: _spread(name) & (capacity - 1))


def _readers(nodes: Mapping[str, Node], ids: list[str]) -> dict[str, list[str]]:
    readers: dict[str, list[str]] = {node_id: [] for node_id in ids}
    for node_id in ids:
        for source in dict.fromkeys(nodes[node_id].inputs):
            if source in readers:
                readers[source].append(node_id)
    return readers


def _spread(text: str) -> int:
    """HashMap's own mix of String.hashCode, over UTF-16 code units."""
    value = 0
    units = text.encode("utf-16-be", "surrogatepass")
    for high, low in zip(units[::2], units[1::2], strict=True):
        value = (31 * value + (high << 8 | low)) & 0xFFFFFFFF
    return value ^ (value >> 16)
