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

    ``sid`` says which step needs it; a test takes each one away and sees that step fail. ``resources`` are ARNs, and
    ``*`` only where IAM knows no resource for the actions (Service Authorization Reference).
    """

    sid: str
    actions: Sequence[str]
    resources: Sequence[pulumi.Input[str]]
    conditions: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        wild = [action for action in self.actions if action == "*" or action.endswith(":*")]
        if wild or not self.actions:
            raise ValueError(f"statement {self.sid}: name each action, found {wild or 'none'}")
        if not self.resources or None in self.resources:
            raise ValueError(
                f"statement {self.sid}: name each resource, found {list(self.resources) or 'none'}"
            )


def run_queries(workgroup_arn: pulumi.Input[str]) -> Statement:
    """Ask Athena in a workgroup, wait for the answer, and give up; what it reads needs statements of its own."""
    return Statement(
        sid="RunQueries",
        actions=[
            "athena:StartQueryExecution",
            "athena:GetQueryExecution",
            "athena:GetQueryResults",
            "athena:StopQueryExecution",
        ],
        resources=[workgroup_arn],
    )


def document(statements: Sequence[Statement]) -> pulumi.Output[str]:
    """The policy document of the statements, as JSON.

    Raises:
        ValueError: a resource or a condition turned out to be nothing; of the output.
    """
    return pulumi.Output.all(
        *(
            pulumi.Output.from_input(
                {
                    "Sid": statement.sid,
                    "Effect": "Allow",
                    "Action": list(statement.actions),
                    "Resource": list(statement.resources),
                    **({"Condition": dict(statement.conditions)} if statement.conditions else {}),
                }
            )
            for statement in statements
        )
    ).apply(_whole)


def _whole(statements: Sequence[Mapping[str, Any]]) -> str:
    for statement in statements:
        if hole := _hole_in(statement):
            raise ValueError(f"statement {statement['Sid']}: {hole} is nothing")
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def _hole_in(value: Any, path: str = "") -> str | None:
    """Where in a policy there is nothing in place of a value; None where it is whole."""
    if value is None:
        return path
    items = (
        value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else ()
    )
    return next((hole for key, item in items if (hole := _hole_in(item, f"{path}.{key}".strip(".")))), None)


# Which service names the account for which it assumes a role (the key aws:SourceAccount), by AWS's own pages:
# Lambda: "Defining Lambda function permissions with an execution role"; Scheduler: "Confused deputy prevention in
# EventBridge Scheduler"; ECS: "Task IAM role"; Firehose: "Cross-service confused deputy prevention". Glue's guide
# says nothing of jobs: the condition binds where Glue names the account and stands back where it doesn't (IAM,
# "...IfExists condition operators"). A role can only be passed within its account in any case (iam:PassRole).
_NAMES_ITS_ACCOUNT: Mapping[str, bool] = {
    "lambda.amazonaws.com": True,
    "scheduler.amazonaws.com": True,
    "ecs-tasks.amazonaws.com": True,
    "firehose.amazonaws.com": True,
    "glue.amazonaws.com": False,
}


def assumable_by(service: str, account_id: str) -> str:
    """A trust policy for one AWS service acting for this account (no confused deputy)."""
    operator = "StringEquals" if _NAMES_ITS_ACCOUNT[service] else "StringEqualsIfExists"
    return json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": service},
                    "Action": "sts:AssumeRole",
                    "Condition": {operator: {"aws:SourceAccount": account_id}},
                }
            ],
        }
    )
