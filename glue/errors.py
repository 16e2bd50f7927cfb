"""What can be wrong with a job definition, as exceptions that name the place."""

from __future__ import annotations


class DefinitionError(ValueError):
    """A document is not a usable visual job definition."""


class UnsupportedNodeError(DefinitionError):
    """No script can be generated for a node's kind (or for this use of it)."""

    def __init__(self, node_id: str, node_name: str, kind: str, reason: str) -> None:
        super().__init__(f'node {node_id} "{node_name}": {kind}: {reason}')
        self.node_id = node_id
        self.node_name = node_name
        self.kind = kind
        self.reason = reason


class PullError(RuntimeError):
    """A job could not be fetched or written."""
