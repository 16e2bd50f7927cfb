"""EventBridge's "Glue Job State Change": the rule that hears of it, and what follows a job's success."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from components.function import PythonFunction
from components.visual_job import VisualJob


def job_rule(
    name: str,
    jobs: Sequence[pulumi.Input[str]],
    states: Sequence[str],
    *,
    description: str,
    opts: pulumi.ResourceOptions,
) -> aws.cloudwatch.EventRule:
    """A rule for runs of the jobs, by their Glue names, that end in one of the states."""
    return aws.cloudwatch.EventRule(
        name,
        description=description,
        event_pattern=pulumi.Output.json_dumps(
            {
                "source": ["aws.glue"],
                "detail-type": ["Glue Job State Change"],
                "detail": {"jobName": list(jobs), "state": list(states)},
            }
        ),
        opts=opts,
    )


def keep_undelivered(
    name: str, rule: aws.cloudwatch.EventRule, queue: aws.sqs.Queue, opts: pulumi.ResourceOptions
) -> None:
    """Let a rule put what it can't deliver into a queue."""
    statement = {
        "Sid": "KeepUndelivered",
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue.arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": rule.arn}},
    }
    policy = pulumi.Output.json_dumps({"Version": "2012-10-17", "Statement": [statement]})
    aws.sqs.QueuePolicy(name, queue_url=queue.url, policy=policy, opts=opts)


def invoke_after(
    name: str,
    function: PythonFunction,
    jobs: Sequence[VisualJob],
    *,
    description: str,
    opts: pulumi.ResourceOptions,
    ready: Sequence[pulumi.Resource] = (),
) -> None:
    """Invoke a function once a run of one of some jobs has succeeded; what can't be delivered is a dead letter of its.

    Args:
        name: what the resources' names begin with.
        function: is invoked.
        jobs: whose runs are followed.
        description: the rule's.
        opts: of every resource made here, the parent in it.
        ready: what must be there before the first event is sent on.
    """
    rule = job_rule(
        f"{name}-rule", [job.job_name for job in jobs], ["SUCCEEDED"], description=description, opts=opts
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
        dead_letter_config={"arn": function.dead_letters.arn},
        opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=[permission, *ready])),
    )
    keep_undelivered(f"{name}-undelivered", rule, function.dead_letters, opts)
