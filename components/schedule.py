"""A function on a schedule, in São Paulo's time."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pulumi
import pulumi_aws as aws

from components.context import Context
from components.function import PythonFunction
from components.policy import Statement
from components.role import ServiceRole, ServiceRoleArgs

TIME_ZONE = "America/Sao_Paulo"


@dataclass(frozen=True, slots=True, kw_only=True)
class Time:
    """When a function runs, as EventBridge Scheduler has it (cron, rate), and with which event."""

    expression: pulumi.Input[str]
    description: pulumi.Input[str]
    event: Mapping[str, Any] = field(default_factory=dict)


class FunctionSchedule(pulumi.ComponentResource):
    """EventBridge Scheduler invokes a function; what it can't deliver goes to the function's queue."""

    schedule: aws.scheduler.Schedule

    def __init__(
        self,
        name: str,
        target: PythonFunction,
        time: Time,
        context: Context,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("bovespa:index:FunctionSchedule", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        role = ServiceRole(name, ServiceRoleArgs(context=context, service="scheduler"), child)
        role.allow(
            [
                Statement(
                    sid="InvokeFunction",
                    actions=["lambda:InvokeFunction"],
                    resources=[target.function.arn],
                ),
                Statement(
                    sid="KeepUndelivered",
                    actions=["sqs:SendMessage"],
                    resources=[target.dead_letters.arn],
                ),
            ]
        )
        self.schedule = aws.scheduler.Schedule(
            name,
            description=time.description,
            schedule_expression=time.expression,
            schedule_expression_timezone=TIME_ZONE,
            flexible_time_window={"mode": "OFF"},
            target={
                "arn": target.function.arn,
                "role_arn": role.arn,
                "input": json.dumps(time.event),
                "retry_policy": {"maximum_retry_attempts": 3, "maximum_event_age_in_seconds": 3600},
                "dead_letter_config": {"arn": target.dead_letters.arn},
            },
            opts=pulumi.ResourceOptions.merge(child, pulumi.ResourceOptions(depends_on=role.ready)),
        )
        self.register_outputs({"name": self.schedule.name})
