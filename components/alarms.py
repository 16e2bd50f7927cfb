"""Alarms and job failures, sent to people through one SNS topic."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.alarm import Alarm, dead_letters
from components.context import Context
from components.function import PythonFunction
from components.job_events import job_rule, keep_undelivered

# How a run ends that refined nothing (AWS Glue Web API Reference, "JobRun"): EXPIRED is one that waited too long.
_NOT_REFINED = ["ERROR", "EXPIRED", "FAILED", "STOPPED", "TIMEOUT"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmsArgs:
    """``functions`` by their short names; ``jobs`` by their Glue names."""

    context: Context
    functions: Mapping[str, PythonFunction]
    jobs: Sequence[pulumi.Input[str]]


class Alarms(pulumi.ComponentResource):
    """Function errors, dead letters, job failures, missing indices, and sessions without data."""

    topic: aws.sns.Topic

    def __init__(self, name: str, args: AlarmsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("bovespa:index:Alarms", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        context, email = args.context, args.context.settings.alarm_email
        # Never with the AWS-managed key: CloudWatch and EventBridge can't publish through it.
        self.topic = aws.sns.Topic(f"{name}-topic", kms_master_key_id=context.kms_key_arn or None, opts=child)
        aws.sns.TopicPolicy(
            f"{name}-publishers",
            arn=self.topic.arn,
            policy=_publishers(self.topic.arn, context.account_id),
            opts=child,
        )
        if email:
            aws.sns.TopicSubscription(
                f"{name}-email", topic=self.topic.arn, protocol="email", endpoint=email, opts=child
            )
        undelivered = _tell_of_failures(name, args.jobs, self.topic, child)
        for short, alarm in _alarms(args, undelivered).items():
            alarm.make(f"{name}-{short}", self.topic.arn, child)
        self.register_outputs({"topic": self.topic.arn})


def _alarms(args: AlarmsArgs, undelivered: aws.sqs.Queue) -> dict[str, Alarm]:
    """Every alarm of the batch, by its short name; what each means is in docs/runbook.md."""
    prefix = args.context.prefix
    found = {
        "index-missing": Alarm(
            "A configured index had no trustworthy portfolio; see quarantine/ in the lake.",
            prefix,
            "IndexMissing",
            {"service": "scraper"},
        ),
        "session-without-data": Alarm(
            "A session is missing, unreadable in raw, or not refined; see docs/runbook.md.",
            prefix,
            "SessionWithoutData",
            {"service": "watch"},
            statistic="Maximum",
        ),
        "session-without-quotes": Alarm(
            "B3 had a session and no COTAHIST file of it by the next morning; see docs/runbook.md.",
            prefix,
            "SessionMissing",
            {"service": "quotes"},
        ),
        "undelivered": dead_letters(
            "A job failure could not be told to the topic; it waits in the queue that the alarm is about.",
            undelivered,
        ),
    }
    for short, function in args.functions.items():
        found[f"{short}-errors"] = Alarm(
            f"The {short} failed. Its log group is /aws/lambda/{function.name}.",
            "AWS/Lambda",
            "Errors",
            {"FunctionName": function.name},
        )
        found[f"{short}-dead-letters"] = dead_letters(
            f"The {short} gave up on an event, which waits in its dead-letter queue.", function.dead_letters
        )
    return found


def _tell_of_failures(
    name: str, jobs: Sequence[pulumi.Input[str]], topic: aws.sns.Topic, opts: pulumi.ResourceOptions
) -> aws.sqs.Queue:
    """Send runs that refined nothing to the topic; returns the queue of what could not be sent."""
    rule = job_rule(
        f"{name}-job-failures",
        jobs,
        _NOT_REFINED,
        description="A Glue job run of this stack did not succeed.",
        opts=opts,
    )
    undelivered = aws.sqs.Queue(
        f"{name}-undelivered",
        message_retention_seconds=14 * 24 * 3600,
        sqs_managed_sse_enabled=True,
        opts=opts,
    )
    keep_undelivered(f"{name}-undelivered-policy", rule, undelivered, opts)
    aws.cloudwatch.EventTarget(
        f"{name}-job-failures-topic",
        rule=rule.name,
        arn=topic.arn,
        dead_letter_config={"arn": undelivered.arn},
        opts=opts,
    )
    return undelivered


def _publishers(topic_arn: pulumi.Input[str], account_id: str) -> pulumi.Output[str]:
    # EventBridge's statement has no condition, as none would ever hold: "You can't use Condition blocks in Amazon
    # SNS topic policies for EventBridge" (EventBridge User Guide, "Using resource-based policies", Amazon SNS
    # permissions). An alarm may be held to its account (SNS Developer Guide, "Example cases for access control").
    publish = {"Effect": "Allow", "Action": "sns:Publish", "Resource": topic_arn}
    return pulumi.Output.json_dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Sid": "Alarms",
                    "Principal": {"Service": "cloudwatch.amazonaws.com"},
                    **publish,
                    "Condition": {"StringEquals": {"aws:SourceAccount": account_id}},
                },
                {"Sid": "Events", "Principal": {"Service": "events.amazonaws.com"}, **publish},
            ],
        }
    )
