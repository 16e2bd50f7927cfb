"""The node kinds of the visual editor: what each is and how many inputs it takes.

Source: AWS Glue Web API Reference, "CodeGenConfigurationNode". The kinds themselves come from botocore's
model of it, so that a newer botocore brings newer kinds.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import cache
from typing import Any

MANY = 100
TWO_INPUTS = frozenset({"Join", "Merge", "Union"})
SEVERAL_INPUTS = frozenset({"CustomCode", "SparkSQL", "EvaluateDataQualityMultiFrame"})


class Role(Enum):
    """What a node does to the flow of data."""

    SOURCE = "source"
    TRANSFORM = "transform"
    TARGET = "target"


@dataclass(frozen=True, slots=True)
class Kind:
    """A node kind, its role and the bounds on its number of inputs."""

    name: str
    role: Role
    min_inputs: int
    max_inputs: int


@cache
def service_model() -> Any:
    """botocore's model of the Glue API."""
    from botocore.session import Session

    return Session().get_service_model("glue")


@cache
def kinds() -> dict[str, Kind]:
    """All node kinds that the pinned botocore knows, by name."""
    members = service_model().shape_for("CodeGenConfigurationNode").members
    return {name: _kind(name) for name in members}


def role_of(kind: str) -> Role:
    """A kind's role, by the API's own naming (…Source, …Target, else a transform)."""
    if kind.endswith("Source"):
        return Role.SOURCE
    return Role.TARGET if kind.endswith("Target") else Role.TRANSFORM


def _kind(name: str) -> Kind:
    role = role_of(name)
    if role is Role.SOURCE:
        # ConnectorDataSource: named like a target's pair, and just as much without inputs.
        return Kind(name, role, 0, 0)
    if name in TWO_INPUTS:
        return Kind(name, role, 2, 2)
    if name in SEVERAL_INPUTS:
        return Kind(name, role, 1, MANY)
    return Kind(name, role, 1, 1)
