"""Which property names a resource, and which can't be changed without another resource.

After the schemas of terraform-provider-aws (``ForceNew``), for the types that the program uses.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rules:
    """``name`` is the property that is made up where the program leaves it out; ``None``: there is none.

    A change of one of ``replaces`` needs another resource; ``"*"`` stands for every property. ``longest`` is
    the service's limit for the name.
    """

    name: str | None
    replaces: frozenset[str]
    longest: int | None = None

    def needs_another(self, changed: list[str]) -> list[str]:
        return [key for key in changed if key in self.replaces or "*" in self.replaces]


def _rules(name: str | None, *replaces: str, longest: int | None = None) -> Rules:
    return Rules(name, frozenset({*replaces, *([name] if name else []), "region"}), longest)


RULES: Mapping[str, Rules] = {
    "aws:athena/namedQuery:NamedQuery": _rules("name", "*"),
    "aws:athena/workgroup:Workgroup": _rules("name", longest=128),
    "aws:cloudwatch/dashboard:Dashboard": _rules(None, "dashboardName"),
    "aws:cloudwatch/eventRule:EventRule": _rules("name", "eventBusName", longest=64),
    "aws:cloudwatch/eventTarget:EventTarget": _rules("targetId", "rule", "eventBusName"),
    "aws:cloudwatch/logGroup:LogGroup": _rules("name", "logGroupClass"),
    "aws:cloudwatch/logMetricFilter:LogMetricFilter": _rules("name", "logGroupName"),
    "aws:cloudwatch/logStream:LogStream": _rules("name", "logGroupName"),
    "aws:cloudwatch/metricAlarm:MetricAlarm": _rules("name"),
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": _rules(None, "vpcId"),
    "aws:ec2/internetGateway:InternetGateway": _rules(None),
    "aws:ec2/route:Route": _rules(None, "routeTableId", "destinationCidrBlock"),
    "aws:ec2/routeTable:RouteTable": _rules(None, "vpcId"),
    "aws:ec2/routeTableAssociation:RouteTableAssociation": _rules(None, "subnetId", "gatewayId"),
    "aws:ec2/securityGroup:SecurityGroup": _rules("name", "description", "vpcId"),
    "aws:ec2/subnet:Subnet": _rules(None, "vpcId", "cidrBlock", "availabilityZone"),
    "aws:ec2/vpc:Vpc": _rules(None, "cidrBlock"),
    "aws:ecs/cluster:Cluster": _rules("name"),
    "aws:ecs/service:Service": _rules("name", "cluster", "launchType"),
    "aws:ecs/taskDefinition:TaskDefinition": _rules(None, "*"),
    "aws:glue/catalogDatabase:CatalogDatabase": _rules("name", "catalogId"),
    "aws:glue/catalogTable:CatalogTable": _rules("name", "databaseName", "catalogId"),
    "aws:iam/role:Role": _rules("name", "path", longest=64),
    "aws:iam/rolePolicy:RolePolicy": _rules("name", "role"),
    "aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream": _rules(
        "name", "kinesisSourceConfiguration", longest=64
    ),
    "aws:kinesis/stream:Stream": _rules("name", longest=128),
    "aws:lambda/function:Function": _rules("name", "packageType", longest=64),
    "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig": _rules(
        None, "functionName", "qualifier"
    ),
    "aws:lambda/permission:Permission": _rules("statementId", "*"),
    "aws:s3/bucket:Bucket": _rules("bucket", longest=63),
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": _rules(None, "bucket"),
    "aws:s3/bucketNotification:BucketNotification": _rules(None, "bucket"),
    "aws:s3/bucketObjectv2:BucketObjectv2": _rules(None, "bucket", "key"),
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": _rules(None, "bucket"),
    "aws:s3/bucketPolicy:BucketPolicy": _rules(None, "bucket"),
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": _rules(None, "bucket"),
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": _rules(
        None, "bucket"
    ),
    "aws:s3/bucketVersioning:BucketVersioning": _rules(None, "bucket"),
    "aws:scheduler/schedule:Schedule": _rules("name", "groupName", longest=64),
    "aws:sns/topic:Topic": _rules("name", "fifoTopic"),
    "aws:sns/topicPolicy:TopicPolicy": _rules(None, "arn"),
    "aws:sns/topicSubscription:TopicSubscription": _rules(None, "topic", "protocol", "endpoint"),
    "aws:sqs/queue:Queue": _rules("name", "fifoQueue", longest=80),
    "aws:sqs/queuePolicy:QueuePolicy": _rules(None, "queueUrl"),
}
