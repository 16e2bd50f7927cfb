"""Roles that the account has already, where the stack may make none.

In an AWS Academy Learner Lab, for one, nobody may create a role, and ``LabRole`` is there for everything.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

# By the names of the configuration; who assumes the role.
SERVICES: Mapping[str, str] = {
    "lambda": "lambda.amazonaws.com",
    "glue": "glue.amazonaws.com",
    "scheduler": "scheduler.amazonaws.com",
    "firehose": "firehose.amazonaws.com",
    "ecs": "ecs-tasks.amazonaws.com",
}
# IAM, "IAM identifiers": a path may stand before the name.
_ARN = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]{1,512}")
_NAME = re.compile(r"[\w+=,.@-]{1,64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ExistingRoles:
    """``default`` is for every service that ``by_service`` doesn't name; empty where the stack makes its own.

    Each is an ARN, or the name of a role of the stack's account.
    """

    default: str = ""
    by_service: Mapping[str, str] = field(default_factory=dict)

    def problem(self) -> tuple[str, str] | None:
        """The first key with a value that can't work, and what is expected of it."""
        for service in self.by_service:
            if service not in SERVICES:
                return f"existingRoles.{service}", f"one of {', '.join(SERVICES)}"
        named = {f"existingRoles.{service}": role for service, role in self.by_service.items()}
        if self.default:
            named["existingRoleArn"] = self.default
        for key, role in named.items():
            if not isinstance(role, str) or not (_ARN.fullmatch(role) or _NAME.fullmatch(role)):
                return key, "a role's ARN, or the name of a role of the account"
        return None

    def arn_for(self, service: str, account_id: str) -> str | None:
        """The ARN of the role that a service is to assume; None where the stack makes one."""
        role = self.by_service.get(service, self.default)
        if not role:
            return None
        return role if role.startswith("arn:") else f"arn:aws:iam::{account_id}:role/{role}"
