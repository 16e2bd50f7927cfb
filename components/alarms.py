"""What tells a person that something is wrong: alarms and job failures, to one SNS topic."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.context import Context
from components.function import PythonFunction

_FIVE_MINUTES = 300
# How a run ends that refined nothing (AWS Glue Web API Reference, "JobRun"): EXPIRED is one that waited too long.
_NOT_REFINED = ["ERROR", "EXPIRED", "FAILED", "STOPPED", "TIMEOUT"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmsArgs:
    """``functions`` by their short names; ``jobs`` by their Glue names; ``email`` may be empty."""

    context: Context
    functions: Mapping[str, PythonFunction]
    jobs: Sequence[pulumi.Input[str]]
    email: pulumi.Input[str]


class Alarms(pulumi.ComponentResource):
    """Function errors, dead letters, job failures, missing indices, and sessions without data."""

    topic: aws.sns.Topic

    def __init__(self, name: str, args: AlarmsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("bovespa:index:Alarms", name, None, opts)
        self._child = pulumi.ResourceOptions(parent=self)
        self._context, self._name = args.context, name
        # Never with the AWS-managed key: CloudWatch and EventBridge can't publish through it.
        self.topic = aws.sns.Topic(
            f"{name}-topic", kms_master_key_id=args.context.kms_key_arn or None, opts=self._child
        )
        aws.sns.TopicPolicy(
            f"{name}-publishers", arn=self.topic.arn, policy=self._publishers(), opts=self._child
        )
        if args.email:
            aws.sns.TopicSubscription(
                f"{name}-email", topic=self.topic.arn, protocol="email", endpoint=args.email, opts=self._child
            )
        for short, function in args.functions.items():
            self._alarm(
                f"{short}-errors",
                f"The {short} failed. Its log group is /aws/lambda/{function.name}.",
                namespace="AWS/Lambda",
                metric="Errors",
                dimensions={"FunctionName": function.name},
            )
            self._alarm(
                f"{short}-dead-letters",
                f"The {short} gave up on an event, which waits in its dead-letter queue.",
                namespace="AWS/SQS",
                metric="ApproximateNumberOfMessagesVisible",
                dimensions={"QueueName": function.dead_letters.name},
                statistic="Maximum",
            )
        self._alarm(
            "index-missing",
            "A configured index had no trustworthy portfolio; see quarantine/ in the lake.",
            namespace=args.context.prefix,
            metric="IndexMissing",
            dimensions={"service": "scraper"},
        )
        self._alarm(
            "session-without-data",
            "A session is missing, unreadable in raw, or not refined; see docs/runbook.md.",
            namespace=args.context.prefix,
            metric="SessionWithoutData",
            dimensions={"service": "watch"},
            statistic="Maximum",
        )
        self._alarm(
            "session-without-quotes",
            "B3 had a session and no COTAHIST file of it by the next morning; see docs/runbook.md.",
            namespace=args.context.prefix,
            metric="SessionMissing",
            dimensions={"service": "quotes"},
        )
        self._job_failures(name, args.jobs)
        self.register_outputs({"topic": self.topic.arn})

    def _alarm(
        self,
        short: str,
        description: str,
        *,
        namespace: str,
        metric: str,
        dimensions: Mapping[str, pulumi.Input[str]],
        statistic: str = "Sum",
    ) -> None:
        aws.cloudwatch.MetricAlarm(
            f"{self._name}-{short}",
            alarm_description=description,
            namespace=namespace,
            metric_name=metric,
            dimensions=dict(dimensions),
            statistic=statistic,
            period=_FIVE_MINUTES,
            evaluation_periods=1,
            threshold=1,
            comparison_operator="GreaterThanOrEqualToThreshold",
            treat_missing_data="notBreaching",
            alarm_actions=[self.topic.arn],
            ok_actions=[self.topic.arn],
            opts=self._child,
        )

    def _job_failures(self, name: str, jobs: Sequence[pulumi.Input[str]]) -> None:
        rule = aws.cloudwatch.EventRule(
            f"{name}-job-failures",
            description="A Glue job run of this stack did not succeed.",
            event_pattern=pulumi.Output.json_dumps(
                {
                    "source": ["aws.glue"],
                    "detail-type": ["Glue Job State Change"],
                    "detail": {"jobName": list(jobs), "state": _NOT_REFINED},
                }
            ),
            opts=self._child,
        )
        undelivered = aws.sqs.Queue(
            f"{name}-undelivered",
            message_retention_seconds=14 * 24 * 3600,
            sqs_managed_sse_enabled=True,
            opts=self._child,
        )
        aws.sqs.QueuePolicy(
            f"{name}-undelivered-policy",
            queue_url=undelivered.url,
            policy=pulumi.Output.json_dumps(
                {
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Sid": "KeepUndelivered",
                            "Effect": "Allow",
                            "Principal": {"Service": "events.amazonaws.com"},
                            "Action": "sqs:SendMessage",
                            "Resource": undelivered.arn,
                            "Condition": {"ArnEquals": {"aws:SourceArn": rule.arn}},
                        }
                    ],
                }
            ),
            opts=self._child,
        )
        aws.cloudwatch.EventTarget(
            f"{name}-job-failures-topic",
            rule=rule.name,
            arn=self.topic.arn,
            dead_letter_config=aws.cloudwatch.EventTargetDeadLetterConfigArgs(arn=undelivered.arn),
            opts=self._child,
        )
        self._alarm(
            "undelivered",
            "A job failure could not be told to the topic; it waits in the queue that the alarm is about.",
            namespace="AWS/SQS",
            metric="ApproximateNumberOfMessagesVisible",
            dimensions={"QueueName": undelivered.name},
            statistic="Maximum",
        )

    def _publishers(self) -> pulumi.Output[str]:
        # EventBridge's statement has no condition, as none would ever hold: "You can't use Condition blocks in Amazon
        # SNS topic policies for EventBridge" (EventBridge User Guide, "Using resource-based policies", Amazon SNS
        # permissions). An alarm may be held to its account (SNS Developer Guide, "Example cases for access control").
        same_account = {"StringEquals": {"aws:SourceAccount": self._context.account_id}}
        publish = {"Effect": "Allow", "Action": "sns:Publish", "Resource": self.topic.arn}
        return pulumi.Output.json_dumps(
            {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Sid": "Alarms",
                        "Principal": {"Service": "cloudwatch.amazonaws.com"},
                        **publish,
                        "Condition": same_account,
                    },
                    {"Sid": "Events", "Principal": {"Service": "events.amazonaws.com"}, **publish},
                ],
            }
        )
