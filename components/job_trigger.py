"""A job after other jobs: a run of one of them that succeeded starts it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.context import Context
from components.function import PythonFunction, PythonFunctionArgs
from components.policy import Statement
from components.settings import Settings
from components.visual_job import VisualJob


@dataclass(frozen=True, slots=True, kw_only=True)
class JobTriggerArgs:
    """``job`` is started after each run of the jobs ``after`` that succeeded."""

    context: Context
    settings: Settings
    after: Sequence[VisualJob]
    job: VisualJob


class JobTrigger(pulumi.ComponentResource):
    """EventBridge ("Glue Job State Change") → Lambda → StartJobRun; no rule may have a job as its target."""

    function: PythonFunction

    def __init__(self, name: str, args: JobTriggerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("bovespa:index:JobTrigger", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        context, job = args.context, args.job
        self.function = PythonFunction(
            name,
            PythonFunctionArgs(
                context=context,
                description=f"Starts the Glue job {job.short} once one that it builds on has succeeded.",
                handler="functions.trigger.after_job.handler",
                lock="requirements/trigger.txt",
                environment={"JOB_NAME": job.job_name},
                statements=[
                    Statement(
                        sid="StartJob",
                        actions=["glue:StartJobRun"],
                        resources=[context.arn("glue", f"job/{job.job_name}")],
                    )
                ],
                log_retention_days=args.settings.log_retention_days,
                timeout=30,
                memory=256,
            ),
            child,
        )
        rule = aws.cloudwatch.EventRule(
            f"{name}-rule",
            description="A job that the indices are made of succeeded.",
            event_pattern=pulumi.Output.json_dumps(
                {
                    "source": ["aws.glue"],
                    "detail-type": ["Glue Job State Change"],
                    "detail": {"jobName": [before.job_name for before in args.after], "state": ["SUCCEEDED"]},
                }
            ),
            opts=child,
        )
        permission = aws.lambda_.Permission(
            f"{name}-permission",
            statement_id="JobSucceeded",
            action="lambda:InvokeFunction",
            function=self.function.function.name,
            principal="events.amazonaws.com",
            source_arn=rule.arn,
            opts=child,
        )
        aws.cloudwatch.EventTarget(
            f"{name}-target",
            rule=rule.name,
            arn=self.function.function.arn,
            dead_letter_config=aws.cloudwatch.EventTargetDeadLetterConfigArgs(
                arn=self.function.dead_letters.arn
            ),
            opts=pulumi.ResourceOptions.merge(child, pulumi.ResourceOptions(depends_on=[permission, job])),
        )
        aws.sqs.QueuePolicy(
            f"{name}-undelivered",
            queue_url=self.function.dead_letters.url,
            policy=pulumi.Output.json_dumps(
                {
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Sid": "KeepUndelivered",
                            "Effect": "Allow",
                            "Principal": {"Service": "events.amazonaws.com"},
                            "Action": "sqs:SendMessage",
                            "Resource": self.function.dead_letters.arn,
                            "Condition": {"ArnEquals": {"aws:SourceArn": rule.arn}},
                        }
                    ],
                }
            ),
            opts=child,
        )
        self.register_outputs({"function": self.function.function.name})
