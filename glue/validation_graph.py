"""The nodes as a graph: inputs that exist, no cycle, the right number of inputs, everything connected."""

from __future__ import annotations

from collections.abc import Iterator

from glue.model import JobDefinition
from glue.nodes import MANY, Role, kinds, role_of
from glue.problems import Problem, Severity


def graph_problems(definition: JobDefinition) -> Iterator[Problem]:
    """Problems of the graph, in document order of the nodes."""
    if not definition.nodes:
        yield Problem.job("CodeGenConfigurationNodes", "has no node")
        return
    roles = {node.id: role_of(node.kind) for node in definition.nodes.values()}
    if Role.SOURCE not in roles.values():
        yield Problem.job("CodeGenConfigurationNodes", "has no source node")
    if Role.TARGET not in roles.values():
        yield Problem.job(
            "CodeGenConfigurationNodes", "has no target node: the job writes nothing", Severity.WARNING
        )
    yield from _inputs(definition)
    yield from _cycles(definition)
    yield from _dead_ends(definition)


def _inputs(definition: JobDefinition) -> Iterator[Problem]:
    for node in definition.nodes.values():
        for source in node.inputs:
            if source not in definition.nodes:
                yield Problem.of(node, "Inputs", f"names {source}, which is not a node of this job")
            elif role_of(definition.nodes[source].kind) is Role.TARGET:
                yield Problem.of(node, "Inputs", f"names {source}, which is a target and has no output")
        duplicates = sorted({source for source in node.inputs if node.inputs.count(source) > 1})
        if duplicates:
            yield Problem.of(
                node, "Inputs", f"names {', '.join(duplicates)} more than once", Severity.WARNING
            )
        kind = kinds().get(node.kind)
        if kind is None or kind.min_inputs <= len(node.inputs) <= kind.max_inputs:
            continue
        if kind.max_inputs == MANY:
            wanted = f"at least {kind.min_inputs}"
        else:
            wanted = "none" if kind.max_inputs == 0 else str(kind.max_inputs)
        yield Problem.of(node, "Inputs", f"has {len(node.inputs)} inputs, needs {wanted}")


def _cycles(definition: JobDefinition) -> Iterator[Problem]:
    nodes = definition.nodes
    waiting = dict(nodes)
    while True:
        ready = [
            node_id
            for node_id, node in waiting.items()
            if not any(source in waiting for source in node.inputs)
        ]
        if not ready:
            break
        for node_id in ready:
            del waiting[node_id]
    if not waiting:
        return
    node_id = next(iter(waiting))
    path: list[str] = []
    while node_id not in path:
        path.append(node_id)
        node_id = next(source for source in nodes[node_id].inputs if source in waiting)
    circle = [*path[path.index(node_id) :], node_id]
    yield Problem.of(nodes[node_id], "Inputs", f"form a cycle: {' <- '.join(circle)}")


def _dead_ends(definition: JobDefinition) -> Iterator[Problem]:
    read = {source for node in definition.nodes.values() for source in node.inputs}
    for node in definition.nodes.values():
        if node.id not in read and role_of(node.kind) is not Role.TARGET:
            yield Problem.of(node, "", "is read by no node: its output goes nowhere", Severity.WARNING)
