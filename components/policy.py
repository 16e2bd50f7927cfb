"""IAM policies as data: statements with named actions on named resources."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One Allow statement.

    ``sid`` says which step needs it; a test takes each one away and sees that step fail.
    """

    sid: str
    actions: Sequence[str]
    resources: Sequence[pulumi.Input[str]]
    conditions: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        wild = [action for action in self.actions if action == "*" or action.endswith(":*")]
        if wild or not self.actions:
            raise ValueError(f"statement {self.sid}: name each action, found {wild or 'none'}")


def document(statements: Sequence[Statement]) -> pulumi.Output[str]:
    """The policy document of the statements, as JSON."""
    return pulumi.Output.json_dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Sid": statement.sid,
                    "Effect": "Allow",
                    "Action": list(statement.actions),
                    "Resource": list(statement.resources),
                    **({"Condition": statement.conditions} if statement.conditions else {}),
                }
                for statement in statements
            ],
        }
    )


def assumable_by(service: str, account_id: str) -> str:
    """A trust policy for one AWS service acting for this account (no confused deputy)."""
    return json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": service},
                    "Action": "sts:AssumeRole",
                    "Condition": {"StringEquals": {"aws:SourceAccount": account_id}},
                }
            ],
        }
    )
