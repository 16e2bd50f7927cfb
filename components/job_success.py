"""What follows a job: a function is invoked once a run of one of some jobs has succeeded."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from components.function import PythonFunction
from components.visual_job import VisualJob


def invoke_after(
    name: str,
    function: PythonFunction,
    jobs: Sequence[VisualJob],
    *,
    description: str,
    opts: pulumi.ResourceOptions,
    ready: Sequence[pulumi.Resource] = (),
) -> None:
    """EventBridge's "Glue Job State Change" → the function; what can't be delivered is a dead letter of its.

    Args:
        name: what the resources' names begin with.
        function: is invoked.
        jobs: whose runs are followed.
        description: the rule's.
        opts: of every resource made here, the parent in it.
        ready: what must be there before the first event is sent on.
    """
    rule = aws.cloudwatch.EventRule(
        f"{name}-rule",
        description=description,
        event_pattern=pulumi.Output.json_dumps(
            {
                "source": ["aws.glue"],
                "detail-type": ["Glue Job State Change"],
                "detail": {"jobName": [job.job_name for job in jobs], "state": ["SUCCEEDED"]},
            }
        ),
        opts=opts,
    )
    permission = aws.lambda_.Permission(
        f"{name}-permission",
        statement_id="JobSucceeded",
        action="lambda:InvokeFunction",
        function=function.function.name,
        principal="events.amazonaws.com",
        source_arn=rule.arn,
        opts=opts,
    )
    aws.cloudwatch.EventTarget(
        f"{name}-target",
        rule=rule.name,
        arn=function.function.arn,
        dead_letter_config=aws.cloudwatch.EventTargetDeadLetterConfigArgs(arn=function.dead_letters.arn),
        opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=[permission, *ready])),
    )
    aws.sqs.QueuePolicy(
        f"{name}-undelivered",
        queue_url=function.dead_letters.url,
        policy=pulumi.Output.json_dumps(
            {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Sid": "KeepUndelivered",
                        "Effect": "Allow",
                        "Principal": {"Service": "events.amazonaws.com"},
                        "Action": "sqs:SendMessage",
                        "Resource": function.dead_letters.arn,
                        "Condition": {"ArnEquals": {"aws:SourceArn": rule.arn}},
                    }
                ],
            }
        ),
        opts=opts,
    )
