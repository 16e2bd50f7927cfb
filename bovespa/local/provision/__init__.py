"""Makes the program's resources in the embedded AWS: one function a type, by service."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bovespa.local.aws import Clients
from bovespa.local.program import Answer, Registration
from bovespa.local.provision import (
    analytics,
    functions,
    identity,
    messaging,
    monitoring,
    network,
    scheduling,
    storage,
    streaming,
    visual_job,
)

Provision = Callable[[Clients, Registration], Answer]

PROVISIONS: Mapping[str, Provision] = {
    "aws:athena/namedQuery:NamedQuery": analytics.named_query,
    "aws:athena/workgroup:Workgroup": analytics.workgroup,
    "aws:cloudwatch/eventRule:EventRule": monitoring.event_rule,
    "aws:cloudwatch/eventTarget:EventTarget": monitoring.event_target,
    "aws:cloudwatch/logGroup:LogGroup": monitoring.log_group,
    "aws:cloudwatch/logMetricFilter:LogMetricFilter": monitoring.log_metric_filter,
    "aws:cloudwatch/logStream:LogStream": streaming.log_stream,
    "aws:cloudwatch/dashboard:Dashboard": monitoring.dashboard,
    "aws:cloudwatch/metricAlarm:MetricAlarm": monitoring.metric_alarm,
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": network.default_security_group,
    "aws:ec2/internetGateway:InternetGateway": network.internet_gateway,
    "aws:ec2/route:Route": network.route,
    "aws:ec2/routeTable:RouteTable": network.route_table,
    "aws:ec2/routeTableAssociation:RouteTableAssociation": network.route_table_association,
    "aws:ec2/securityGroup:SecurityGroup": network.security_group,
    "aws:ec2/subnet:Subnet": network.subnet,
    "aws:ec2/vpc:Vpc": network.vpc,
    "aws:ecs/cluster:Cluster": streaming.cluster,
    "aws:ecs/service:Service": streaming.service,
    "aws:ecs/taskDefinition:TaskDefinition": streaming.task_definition,
    "aws:glue/catalogDatabase:CatalogDatabase": analytics.catalog_database,
    "aws:glue/catalogTable:CatalogTable": analytics.catalog_table,
    "aws:iam/role:Role": identity.role,
    "aws:iam/rolePolicy:RolePolicy": identity.role_policy,
    "aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream": streaming.delivery_stream,
    "aws:kinesis/stream:Stream": streaming.data_stream,
    "aws:lambda/function:Function": functions.function,
    "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig": functions.event_invoke_config,
    "aws:lambda/permission:Permission": functions.permission,
    "aws:s3/bucket:Bucket": storage.bucket,
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": storage.lifecycle,
    "aws:s3/bucketNotification:BucketNotification": storage.notification,
    "aws:s3/bucketObjectv2:BucketObjectv2": streaming.bucket_object,
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": storage.ownership_controls,
    "aws:s3/bucketPolicy:BucketPolicy": storage.policy,
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": storage.public_access_block,
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": storage.encryption,
    "aws:s3/bucketVersioning:BucketVersioning": storage.versioning,
    "aws:scheduler/schedule:Schedule": scheduling.schedule,
    "aws:sns/topic:Topic": messaging.topic,
    "aws:sns/topicPolicy:TopicPolicy": messaging.topic_policy,
    "aws:sns/topicSubscription:TopicSubscription": messaging.subscription,
    "aws:sqs/queue:Queue": messaging.queue,
    "aws:sqs/queuePolicy:QueuePolicy": messaging.queue_policy,
    "pulumi-python:dynamic/glue:VisualJob": visual_job.visual_job,
}
