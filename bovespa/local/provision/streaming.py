"""Kinesis, Firehose and ECS: the stream.

The emulator runs no containers without Docker: the service is made as declared and nothing starts. Whoever
runs the stream on this machine starts the producer as a process, with the task definition's environment.
"""

from __future__ import annotations

import json
from typing import Any

from bovespa.local.aws import Clients
from bovespa.local.configuration import PROJECT
from bovespa.local.program import Answer, Registration
from bovespa.local.provision.wire import given, pascal


def data_stream(aws: Clients, wanted: Registration) -> Answer:
    inputs = wanted.inputs
    kinesis, name = aws["kinesis"], inputs["name"]
    kinesis.create_stream(
        StreamName=name,
        StreamModeDetails=pascal(inputs["streamModeDetails"]),
        **given(ShardCount=inputs.get("shardCount")),
    )
    kinesis.get_waiter("stream_exists").wait(StreamName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 30})
    kinesis.start_stream_encryption(
        StreamName=name, EncryptionType=inputs["encryptionType"], KeyId=inputs["kmsKeyId"]
    )
    arn = kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]["StreamARN"]
    return Answer(id=arn, outputs={"arn": arn})


def delivery_stream(aws: Clients, wanted: Registration) -> Answer:
    inputs = wanted.inputs
    source, target = inputs["kinesisSourceConfiguration"], inputs["extendedS3Configuration"]
    logs = target["cloudwatchLoggingOptions"]
    made = aws["firehose"].create_delivery_stream(
        DeliveryStreamName=inputs["name"],
        DeliveryStreamType="KinesisStreamAsSource",
        KinesisStreamSourceConfiguration={
            "KinesisStreamARN": source["kinesisStreamArn"],
            "RoleARN": source["roleArn"],
        },
        ExtendedS3DestinationConfiguration={
            "RoleARN": target["roleArn"],
            "BucketARN": target["bucketArn"],
            "Prefix": target["prefix"],
            "ErrorOutputPrefix": target["errorOutputPrefix"],
            "BufferingHints": {
                "SizeInMBs": target["bufferingSize"],
                "IntervalInSeconds": target["bufferingInterval"],
            },
            "CompressionFormat": target["compressionFormat"],
            "CloudWatchLoggingOptions": {
                "Enabled": logs["enabled"],
                "LogGroupName": logs["logGroupName"],
                "LogStreamName": logs["logStreamName"],
            },
            "DataFormatConversionConfiguration": _conversion(target["dataFormatConversionConfiguration"]),
        },
    )
    return Answer(id=made["DeliveryStreamARN"], outputs={"arn": made["DeliveryStreamARN"]})


def _conversion(declared: Any) -> dict[str, Any]:
    schema = declared["schemaConfiguration"]
    return {
        "Enabled": True,
        "InputFormatConfiguration": pascal(declared["inputFormatConfiguration"]),
        "OutputFormatConfiguration": pascal(declared["outputFormatConfiguration"]),
        "SchemaConfiguration": {
            "RoleARN": schema["roleArn"],
            "DatabaseName": schema["databaseName"],
            "TableName": schema["tableName"],
            "Region": schema["region"],
            "VersionId": schema["versionId"],
        },
    }


def bucket_object(aws: Clients, wanted: Registration) -> Answer:
    inputs = wanted.inputs
    body = (PROJECT / inputs["source"].path).read_bytes()
    aws["s3"].put_object(
        Bucket=inputs["bucket"], Key=inputs["key"], Body=body, ContentType=inputs["contentType"]
    )
    return Answer(id=f"{inputs['bucket']}/{inputs['key']}", outputs={})


def log_stream(aws: Clients, wanted: Registration) -> Answer:
    inputs = wanted.inputs
    aws["logs"].create_log_stream(logGroupName=inputs["logGroupName"], logStreamName=inputs["name"])
    return Answer(id=inputs["name"], outputs={})


def cluster(aws: Clients, wanted: Registration) -> Answer:
    arn = aws["ecs"].create_cluster(clusterName=wanted.inputs["name"])["cluster"]["clusterArn"]
    return Answer(id=arn, outputs={"arn": arn})


def task_definition(aws: Clients, wanted: Registration) -> Answer:
    inputs = wanted.inputs
    made = aws["ecs"].register_task_definition(
        family=inputs["family"],
        requiresCompatibilities=inputs["requiresCompatibilities"],
        networkMode=inputs["networkMode"],
        cpu=inputs["cpu"],
        memory=inputs["memory"],
        runtimePlatform=inputs["runtimePlatform"],
        executionRoleArn=inputs["executionRoleArn"],
        taskRoleArn=inputs["taskRoleArn"],
        volumes=inputs["volumes"],
        containerDefinitions=json.loads(inputs["containerDefinitions"]),
    )["taskDefinition"]
    return Answer(id=inputs["family"], outputs={"arn": made["taskDefinitionArn"]})


def service(aws: Clients, wanted: Registration) -> Answer:
    """Declared with no task: there is no Docker to run one."""
    inputs = wanted.inputs
    network = inputs["networkConfiguration"]
    made = aws["ecs"].create_service(
        cluster=inputs["cluster"],
        serviceName=inputs["name"],
        taskDefinition=inputs["taskDefinition"],
        desiredCount=0,
        launchType=inputs["launchType"],
        deploymentConfiguration={
            "minimumHealthyPercent": inputs["deploymentMinimumHealthyPercent"],
            "maximumPercent": inputs["deploymentMaximumPercent"],
        },
        networkConfiguration={
            "awsvpcConfiguration": {
                "subnets": network["subnets"],
                "securityGroups": network["securityGroups"],
                "assignPublicIp": "ENABLED" if network["assignPublicIp"] else "DISABLED",
            }
        },
    )["service"]
    return Answer(id=made["serviceArn"], outputs={"arn": made["serviceArn"]})
