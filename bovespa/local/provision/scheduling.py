"""EventBridge Scheduler."""

from __future__ import annotations

from bovespa.local.aws import Clients
from bovespa.local.program import Answer, Registration
from bovespa.local.provision.wire import pascal


def schedule(aws: Clients, wanted: Registration) -> Answer:
    inputs = wanted.inputs
    made = aws["scheduler"].create_schedule(
        Name=inputs["name"],
        Description=inputs["description"],
        ScheduleExpression=inputs["scheduleExpression"],
        ScheduleExpressionTimezone=inputs["scheduleExpressionTimezone"],
        FlexibleTimeWindow=pascal(inputs["flexibleTimeWindow"]),
        Target=pascal(inputs["target"]),
    )
    return Answer(id=inputs["name"], outputs={"arn": made["ScheduleArn"]})
