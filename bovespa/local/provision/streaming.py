"""Kinesis, Firehose and ECS: the stream.

The emulator runs no containers without Docker: the service is made as declared and nothing starts. Whoever
runs the stream on this machine starts the producer as a process, with the task definition's environment.
"""

from __future__ import annotations

import json

from bovespa.local.aws import Clients
from bovespa.local.configuration import PROJECT
from bovespa.local.program import Answer, Registration
from bovespa.local.provision.wire import arguments


def data_stream(aws: Clients, wanted: Registration) -> Answer:
    inputs = wanted.inputs
    kinesis, name = aws["kinesis"], inputs["name"]
    without = ("retentionPeriod", "encryptionType", "kmsKeyId")
    kinesis.create_stream(**arguments(kinesis, "create_stream", inputs, without=without, StreamName="name"))
    kinesis.get_waiter("stream_exists").wait(StreamName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 30})
    kinesis.start_stream_encryption(
        StreamName=name, EncryptionType=inputs["encryptionType"], KeyId=inputs["kmsKeyId"]
    )
    arn = kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]["StreamARN"]
    return Answer(id=arn, outputs={})


def delivery_stream(aws: Clients, wanted: Registration) -> Answer:
    firehose, target = aws["firehose"], {**wanted.inputs["extendedS3Configuration"]}
    target["bufferingHints"] = {
        "sizeInMBs": target.pop("bufferingSize"),
        "intervalInSeconds": target.pop("bufferingInterval"),
    }
    target["dataFormatConversionConfiguration"] = {
        "enabled": True,
        **target["dataFormatConversionConfiguration"],
    }
    inputs = {
        "deliveryStreamName": wanted.inputs["name"],
        "deliveryStreamType": "KinesisStreamAsSource",
        "kinesisStreamSourceConfiguration": wanted.inputs["kinesisSourceConfiguration"],
        "extendedS3DestinationConfiguration": target,
    }
    made = firehose.create_delivery_stream(**arguments(firehose, "create_delivery_stream", inputs))
    return Answer(id=made["DeliveryStreamARN"], outputs={})


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
    inputs = {**wanted.inputs, "containerDefinitions": json.loads(wanted.inputs["containerDefinitions"])}
    made = aws["ecs"].register_task_definition(**arguments(aws["ecs"], "register_task_definition", inputs))
    return Answer(id=inputs["family"], outputs={"arn": made["taskDefinition"]["taskDefinitionArn"]})


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
