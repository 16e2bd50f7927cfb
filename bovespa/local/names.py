"""What a resource is called where nobody says it: the name that Pulumi's engine gives, the ARN that AWS gives.

Names follow Pulumi's "Autonaming" (the logical name and seven hexadecimal digits, or the project's pattern), ARNs
the Service Authorization Reference, "Resource types". Both are the same for the same program, so that two previews
can be compared.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from bovespa.local.program import Registration

# The property that holds the name, for every type that gets one from the engine.
_NAMED: Mapping[str, str] = {
    "aws:cloudwatch/eventRule:EventRule": "name",
    "aws:cloudwatch/logMetricFilter:LogMetricFilter": "name",
    "aws:cloudwatch/metricAlarm:MetricAlarm": "name",
    "aws:ec2/securityGroup:SecurityGroup": "name",
    "aws:ecs/cluster:Cluster": "name",
    "aws:ecs/service:Service": "name",
    "aws:iam/role:Role": "name",
    "aws:iam/rolePolicy:RolePolicy": "name",
    "aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream": "name",
    "aws:kinesis/stream:Stream": "name",
    "aws:s3/bucket:Bucket": "bucket",
    "aws:scheduler/schedule:Schedule": "name",
    "aws:sns/topic:Topic": "name",
    "aws:sqs/queue:Queue": "name",
}
_ARNS: Mapping[str, str] = {
    "aws:athena/workgroup:Workgroup": "arn:aws:athena:{region}:{account}:workgroup/{name}",
    "aws:cloudwatch/eventRule:EventRule": "arn:aws:events:{region}:{account}:rule/{name}",
    "aws:cloudwatch/logGroup:LogGroup": "arn:aws:logs:{region}:{account}:log-group:{name}",
    "aws:cloudwatch/metricAlarm:MetricAlarm": "arn:aws:cloudwatch:{region}:{account}:alarm:{name}",
    "aws:ecs/cluster:Cluster": "arn:aws:ecs:{region}:{account}:cluster/{name}",
    "aws:ecs/service:Service": "arn:aws:ecs:{region}:{account}:service/{name}",
    "aws:ecs/taskDefinition:TaskDefinition": "arn:aws:ecs:{region}:{account}:task-definition/{family}:1",
    "aws:iam/role:Role": "arn:aws:iam::{account}:role/{name}",
    "aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream": (
        "arn:aws:firehose:{region}:{account}:deliverystream/{name}"
    ),
    "aws:kinesis/stream:Stream": "arn:aws:kinesis:{region}:{account}:stream/{name}",
    "aws:lambda/function:Function": "arn:aws:lambda:{region}:{account}:function:{name}",
    "aws:s3/bucket:Bucket": "arn:aws:s3:::{bucket}",
    "aws:scheduler/schedule:Schedule": "arn:aws:scheduler:{region}:{account}:schedule/default/{name}",
    "aws:sns/topic:Topic": "arn:aws:sns:{region}:{account}:{name}",
    "aws:sqs/queue:Queue": "arn:aws:sqs:{region}:{account}:{name}",
}


def named(wanted: Registration, *, pattern: str, project: str, stack: str) -> Registration:
    """The resource with the name that the engine would give it; as it is where it has one or needs none."""
    key = _NAMED.get(wanted.type)
    if key is None or wanted.inputs.get(key):
        return wanted
    digest = hashlib.sha256(f"{project}/{stack}/{wanted.type}/{wanted.name}".encode()).hexdigest()
    parts = {"${project}": project, "${stack}": stack, "${name}": wanted.name, "${hex(7)}": digest[:7]}
    name = pattern
    for part, text in parts.items():
        name = name.replace(part, text)
    return Registration(type=wanted.type, name=wanted.name, inputs={**wanted.inputs, key: name})


def given_name(wanted: Registration) -> dict[str, str]:
    """The name by its property, of a type that the engine names."""
    key = _NAMED.get(wanted.type)
    return {} if key is None else {key: wanted.inputs[key]}


def arn(wanted: Registration, *, region: str, account: str) -> str | None:
    """The ARN that AWS would give the resource; None for a type that has none of its own."""
    form = _ARNS.get(wanted.type)
    return None if form is None else form.format(region=region, account=account, **wanted.inputs)
