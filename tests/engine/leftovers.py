"""What a destroyed stack left in the embedded AWS."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from bovespa.local.aws import Clients

_PREFIX = "bovespa-"
_LISTS: Sequence[tuple[str, Callable[[Clients], list[Any]]]] = (
    ("function", lambda aws: [f["FunctionName"] for f in aws["lambda"].list_functions()["Functions"]]),
    ("role", lambda aws: [role["RoleName"] for role in aws["iam"].list_roles()["Roles"]]),
    ("queue", lambda aws: aws["sqs"].list_queues().get("QueueUrls", [])),
    ("topic", lambda aws: [topic["TopicArn"] for topic in aws["sns"].list_topics()["Topics"]]),
    ("log group", lambda aws: [g["logGroupName"] for g in aws["logs"].describe_log_groups()["logGroups"]]),
    ("rule", lambda aws: [rule["Name"] for rule in aws["events"].list_rules()["Rules"]]),
    ("schedule", lambda aws: [s["Name"] for s in aws["scheduler"].list_schedules()["Schedules"]]),
    ("alarm", lambda aws: [a["AlarmName"] for a in aws["cloudwatch"].describe_alarms()["MetricAlarms"]]),
    ("workgroup", lambda aws: [w["Name"] for w in aws["athena"].list_work_groups()["WorkGroups"]]),
    ("job", lambda aws: [job["Name"] for job in aws["glue"].get_jobs()["Jobs"]]),
    ("stream", lambda aws: aws["kinesis"].list_streams()["StreamNames"]),
    ("delivery stream", lambda aws: aws["firehose"].list_delivery_streams()["DeliveryStreamNames"]),
    ("cluster", lambda aws: aws["ecs"].list_clusters()["clusterArns"]),
    (
        "security group",
        lambda aws: [g["GroupName"] for g in aws["ec2"].describe_security_groups()["SecurityGroups"]],
    ),
)


def leftovers(aws: Clients, buckets: Sequence[str]) -> list[str]:
    """What is there of the given buckets, and of everything whose name has the project's prefix."""
    there = {bucket["Name"] for bucket in aws["s3"].list_buckets()["Buckets"]}
    found = [f"bucket {name}" for name in buckets if name in there]
    for kind, names in _LISTS:
        found += [f"{kind} {name}" for name in names(aws) if _PREFIX in name]
    return sorted(found)
