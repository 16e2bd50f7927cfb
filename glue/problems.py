"""A finding about a job definition, and where it is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from glue.model import Node


class Severity(Enum):
    """How bad a finding is: an ERROR makes the job unusable, a WARNING is legal but rarely meant."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A finding. The node fields are None for the job itself; `path` is the property, "" for the whole."""

    message: str
    path: str = ""
    node_id: str | None = None
    node_name: str | None = None
    kind: str | None = None
    severity: Severity = Severity.ERROR

    @classmethod
    def of(cls, node: Node, path: str, message: str, severity: Severity = Severity.ERROR) -> Problem:
        """A finding about a node's property."""
        return cls(
            message=message,
            path=path,
            node_id=node.id,
            node_name=node.name,
            kind=node.kind,
            severity=severity,
        )

    @classmethod
    def job(cls, path: str, message: str, severity: Severity = Severity.ERROR) -> Problem:
        """A finding about a job-level property."""
        return cls(message=message, path=path, severity=severity)

    def __str__(self) -> str:
        where = "job" if self.node_id is None else f'node {self.node_id} "{self.node_name}" ({self.kind})'
        return f"{where}: {self.path + ' ' if self.path else ''}{self.message}"
