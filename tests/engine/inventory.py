"""What is in the embedded AWS, by kind and name: the same before a stack was made and after it was destroyed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bovespa.local.aws import Clients

# Service, operation, the list in its answer, and what names a thing of it (None: it is the name itself).
_LISTS = (
    ("s3", "list_buckets", "Buckets", "Name"),
    ("lambda", "list_functions", "Functions", "FunctionName"),
    ("iam", "list_roles", "Roles", "RoleName"),
    ("sqs", "list_queues", "QueueUrls", None),
    ("sns", "list_topics", "Topics", "TopicArn"),
    ("logs", "describe_log_groups", "logGroups", "logGroupName"),
    ("events", "list_rules", "Rules", "Name"),
    ("scheduler", "list_schedules", "Schedules", "Name"),
    ("cloudwatch", "describe_alarms", "MetricAlarms", "AlarmName"),
    ("athena", "list_work_groups", "WorkGroups", "Name"),
    ("glue", "get_jobs", "Jobs", "Name"),
    ("kinesis", "list_streams", "StreamNames", None),
    ("firehose", "list_delivery_streams", "DeliveryStreamNames", None),
    ("ecs", "list_clusters", "clusterArns", None),
    ("ec2", "describe_vpcs", "Vpcs", "VpcId"),
    ("ec2", "describe_security_groups", "SecurityGroups", "GroupId"),
)


def inventory(aws: Clients) -> set[str]:
    """``s3 lake-0c1d2e3`` and so on, of every service that the program uses."""
    return {
        f"{service} {item[name] if name else item}"
        for service, operation, key, name in _LISTS
        for page in _pages(aws[service], operation)
        for item in page.get(key, [])
    }


def _pages(client: Any, operation: str) -> Iterator[dict[str, Any]]:
    if client.can_paginate(operation):
        yield from client.get_paginator(operation).paginate()
    else:
        yield getattr(client, operation)()
