"""What the program asks for, with what Pulumi knows beside the inputs: dependencies and options."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import pytest
from pulumi.runtime import mocks

from bovespa.local.configuration import StackConfiguration, load_configuration
from bovespa.local.deployment import Deployment, preview
from bovespa.local.program import Registration

# Everything that can be switched on.
EVERYTHING: Mapping[str, Any] = {
    "stream": {"enabled": True, "shards": 2},
    "alarmEmail": "ops@example.com",
    "reportEmail": "a@b.example",
}
# Settings that don't touch each other, each with a value of a user's own.
OF_ONES_OWN: Mapping[str, Any] = {
    "indices": ["IBOV", "SMLL"],
    "b3Url": "https://b3.example",
    "rebalancingSchedule": "cron(0 21 ? * * *)",
    "alarmEmail": "ops@example.com",
    "reportEmail": "reader@example.com",
    "database": "bovespa_dev",
    "stream": {
        "enabled": True,
        "exchanges": ["kraken", "mercado_bitcoin"],
        "symbols": ["BTC-USD", "mercado_bitcoin:BTC-BRL"],
    },
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A stack as previewed. ``requests`` are the SDK's own, by the resource's type and name."""

    stack: str
    planned: Deployment = field(repr=False)
    requests: Mapping[tuple[str, str], Any] = field(repr=False)

    @property
    def resources(self) -> tuple[Registration, ...]:
        return self.planned.resources

    @property
    def exports(self) -> Mapping[str, Any]:
        return self.planned.exports

    def of(self, type_: str) -> list[Registration]:
        """Resources whose type ends like this (``:Bucket``)."""
        return [resource for resource in self.resources if resource.type.endswith(type_)]

    def one(self, type_: str, name: str) -> Registration:
        (found,) = [resource for resource in self.of(type_) if resource.name == name]
        return found

    def arn(self, resource: Registration) -> str:
        """The ARN that AWS would give a resource."""
        return self.planned.arn(resource)

    def depends_on(self, resource: Registration) -> set[tuple[str, str]]:
        """Type and name of every resource that must be there before this one."""
        found: set[tuple[str, str]] = set()
        for urn in self.requests[resource.type, resource.name].dependencies:
            kind, name = urn.split("::")[2:4]
            found.add((kind.rsplit("$", 1)[-1], name))
        return found

    def policy_of(self, role_name: str) -> list[dict[str, Any]]:
        """The Allow statements of a role."""
        return [
            statement
            for policy in self.of(":RolePolicy")
            if policy.inputs["role"] == role_name
            for statement in json.loads(policy.inputs["policy"])["Statement"]
        ]

    def rights(self, part: str) -> list[dict[str, Any]]:
        """The Allow statements of a part's role, by the part's name in the program."""
        policy = self.planned.one(":RolePolicy", f"{part}-policy").inputs["policy"]
        found: list[dict[str, Any]] = json.loads(policy)["Statement"]
        return found

    def role(self, arn: str) -> str:
        """A role's name by its ARN."""
        (found,) = [role for role in self.of(":Role") if self.arn(role) == arn]
        name: str = found.inputs["name"]
        return name

    def allows(self, role_name: str, action: str, resource: str) -> bool:
        return any(
            action in statement["Action"] and resource in statement["Resource"]
            for statement in self.policy_of(role_name)
        )


def plan_of(stack: str, **overrides: Any) -> Plan:
    """The program as a preview of the stack, which is run once for each configuration: it takes seconds."""
    configuration = load_configuration(stack, overrides)
    return _plan_of(configuration.project, stack, frozenset(configuration.values.items()))


@cache
def _plan_of(project: str, stack: str, values: frozenset[tuple[str, str]]) -> Plan:
    return planned(StackConfiguration(project=project, stack=stack, values=dict(values)))


def planned(configuration: StackConfiguration, program: Callable[[], None] | None = None) -> Plan:
    """Run a program, the project's unless another is given, as a preview."""
    requests: dict[tuple[str, str], Any] = {}
    register: Any = mocks.MockMonitor.RegisterResource

    def recording(monitor: mocks.MockMonitor, request: Any) -> Any:
        requests[request.type, request.name] = request
        return register(monitor, request)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mocks.MockMonitor, "RegisterResource", recording)
        made = preview(configuration, program=program)
    return Plan(stack=configuration.stack, planned=made, requests=requests)
