"""Takes the program's resources out of the embedded AWS, as terraform-provider-aws does it: one function a type."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from bovespa.local.aws import Clients

Delete = Callable[[Clients, str, Mapping[str, Any]], object]


def bucket(aws: Clients, id_: str, properties: Mapping[str, Any]) -> None:
    """A bucket; what is in it goes first where ``forceDestroy`` says so, else S3 refuses."""
    if properties.get("forceDestroy"):
        for page in aws["s3"].get_paginator("list_object_versions").paginate(Bucket=id_):
            held = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
            keys = [{"Key": item["Key"], "VersionId": item["VersionId"]} for item in held]
            if keys:
                aws["s3"].delete_objects(Bucket=id_, Delete={"Objects": keys})
    aws["s3"].delete_bucket(Bucket=id_)


def notification(aws: Clients, id_: str, _properties: Mapping[str, Any]) -> None:
    aws["s3"].put_bucket_notification_configuration(Bucket=id_, NotificationConfiguration={})


def versioning(aws: Clients, id_: str, _properties: Mapping[str, Any]) -> None:
    aws["s3"].put_bucket_versioning(Bucket=id_, VersioningConfiguration={"Status": "Suspended"})


def object_(aws: Clients, _id: str, properties: Mapping[str, Any]) -> None:
    aws["s3"].delete_object(Bucket=properties["bucket"], Key=properties["key"])


def catalog_table(aws: Clients, _id: str, properties: Mapping[str, Any]) -> None:
    aws["glue"].delete_table(DatabaseName=properties["databaseName"], Name=properties["name"])


def log_stream(aws: Clients, _id: str, properties: Mapping[str, Any]) -> None:
    aws["logs"].delete_log_stream(logGroupName=properties["logGroupName"], logStreamName=properties["name"])


def log_metric_filter(aws: Clients, _id: str, properties: Mapping[str, Any]) -> None:
    aws["logs"].delete_metric_filter(logGroupName=properties["logGroupName"], filterName=properties["name"])


def dashboard(aws: Clients, _id: str, properties: Mapping[str, Any]) -> None:
    aws["cloudwatch"].delete_dashboards(DashboardNames=[properties["dashboardName"]])


def event_target(aws: Clients, id_: str, properties: Mapping[str, Any]) -> None:
    aws["events"].remove_targets(Rule=properties["rule"], Ids=[id_])


def role_policy(aws: Clients, _id: str, properties: Mapping[str, Any]) -> None:
    aws["iam"].delete_role_policy(RoleName=properties["role"], PolicyName=properties["name"])


def permission(aws: Clients, id_: str, properties: Mapping[str, Any]) -> None:
    aws["lambda"].remove_permission(FunctionName=properties["function"], StatementId=id_)


def internet_gateway(aws: Clients, id_: str, properties: Mapping[str, Any]) -> None:
    aws["ec2"].detach_internet_gateway(InternetGatewayId=id_, VpcId=properties["vpcId"])
    aws["ec2"].delete_internet_gateway(InternetGatewayId=id_)


def route(aws: Clients, _id: str, properties: Mapping[str, Any]) -> None:
    aws["ec2"].delete_route(
        RouteTableId=properties["routeTableId"], DestinationCidrBlock=properties["destinationCidrBlock"]
    )


def service(aws: Clients, id_: str, properties: Mapping[str, Any]) -> None:
    aws["ecs"].delete_service(cluster=properties["cluster"], service=id_, force=True)


def task_definition(aws: Clients, _id: str, properties: Mapping[str, Any]) -> None:
    aws["ecs"].deregister_task_definition(taskDefinition=properties["arn"])


def stays(_aws: Clients, _id: str, _properties: Mapping[str, Any]) -> None:
    """What goes with the resource that it belongs to, or was there before."""


def _call(service: str, operation: str, argument: str) -> Delete:
    return lambda aws, id_, _: getattr(aws[service], operation)(**{argument: id_})


def _named(service: str, operation: str, argument: str) -> Delete:
    return lambda aws, _, properties: getattr(aws[service], operation)(**{argument: properties["name"]})


DELETIONS: Mapping[str, Delete] = {
    "aws:athena/namedQuery:NamedQuery": _call("athena", "delete_named_query", "NamedQueryId"),
    "aws:athena/workgroup:Workgroup": _call("athena", "delete_work_group", "WorkGroup"),
    "aws:cloudwatch/dashboard:Dashboard": dashboard,
    "aws:cloudwatch/eventRule:EventRule": _call("events", "delete_rule", "Name"),
    "aws:cloudwatch/eventTarget:EventTarget": event_target,
    "aws:cloudwatch/logGroup:LogGroup": _call("logs", "delete_log_group", "logGroupName"),
    "aws:cloudwatch/logMetricFilter:LogMetricFilter": log_metric_filter,
    "aws:cloudwatch/logStream:LogStream": log_stream,
    "aws:cloudwatch/metricAlarm:MetricAlarm": lambda aws, id_, _: aws["cloudwatch"].delete_alarms(
        AlarmNames=[id_]
    ),
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": stays,
    "aws:ec2/internetGateway:InternetGateway": internet_gateway,
    "aws:ec2/route:Route": route,
    "aws:ec2/routeTable:RouteTable": _call("ec2", "delete_route_table", "RouteTableId"),
    "aws:ec2/routeTableAssociation:RouteTableAssociation": _call(
        "ec2", "disassociate_route_table", "AssociationId"
    ),
    "aws:ec2/securityGroup:SecurityGroup": _call("ec2", "delete_security_group", "GroupId"),
    "aws:ec2/subnet:Subnet": _call("ec2", "delete_subnet", "SubnetId"),
    "aws:ec2/vpc:Vpc": _call("ec2", "delete_vpc", "VpcId"),
    "aws:ecs/cluster:Cluster": _call("ecs", "delete_cluster", "cluster"),
    "aws:ecs/service:Service": service,
    "aws:ecs/taskDefinition:TaskDefinition": task_definition,
    "aws:glue/catalogDatabase:CatalogDatabase": _call("glue", "delete_database", "Name"),
    "aws:glue/catalogTable:CatalogTable": catalog_table,
    "aws:iam/role:Role": _call("iam", "delete_role", "RoleName"),
    "aws:iam/rolePolicy:RolePolicy": role_policy,
    "aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream": _named(
        "firehose", "delete_delivery_stream", "DeliveryStreamName"
    ),
    "aws:kinesis/stream:Stream": _named("kinesis", "delete_stream", "StreamName"),
    "aws:lambda/function:Function": _call("lambda", "delete_function", "FunctionName"),
    "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig": _call(
        "lambda", "delete_function_event_invoke_config", "FunctionName"
    ),
    "aws:lambda/permission:Permission": permission,
    "aws:s3/bucket:Bucket": bucket,
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": _call(
        "s3", "delete_bucket_lifecycle", "Bucket"
    ),
    "aws:s3/bucketNotification:BucketNotification": notification,
    "aws:s3/bucketObjectv2:BucketObjectv2": object_,
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": _call(
        "s3", "delete_bucket_ownership_controls", "Bucket"
    ),
    "aws:s3/bucketPolicy:BucketPolicy": _call("s3", "delete_bucket_policy", "Bucket"),
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": _call(
        "s3", "delete_public_access_block", "Bucket"
    ),
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": _call(
        "s3", "delete_bucket_encryption", "Bucket"
    ),
    "aws:s3/bucketVersioning:BucketVersioning": versioning,
    "aws:scheduler/schedule:Schedule": _named("scheduler", "delete_schedule", "Name"),
    "aws:sns/topic:Topic": _call("sns", "delete_topic", "TopicArn"),
    "aws:sns/topicPolicy:TopicPolicy": stays,
    "aws:sns/topicSubscription:TopicSubscription": _call("sns", "unsubscribe", "SubscriptionArn"),
    "aws:sqs/queue:Queue": _call("sqs", "delete_queue", "QueueUrl"),
    "aws:sqs/queuePolicy:QueuePolicy": lambda aws, id_, _: aws["sqs"].set_queue_attributes(
        QueueUrl=id_, Attributes={"Policy": ""}
    ),
}
