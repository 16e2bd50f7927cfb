"""SQS and SNS."""

from __future__ import annotations

from bovespa.local.aws import Clients
from bovespa.local.program import Answer, Registration
from bovespa.local.provision.policies import whole


def queue(aws: Clients, wanted: Registration) -> Answer:
    inputs = wanted.inputs
    attributes = {
        "MessageRetentionPeriod": str(inputs["messageRetentionSeconds"]),
        "SqsManagedSseEnabled": str(inputs["sqsManagedSseEnabled"]).lower(),
    }
    url = aws["sqs"].create_queue(QueueName=inputs["name"], Attributes=attributes)["QueueUrl"]
    found = aws["sqs"].get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    return Answer(id=url, outputs={"url": url, "arn": found["Attributes"]["QueueArn"]})


def queue_policy(aws: Clients, wanted: Registration) -> Answer:
    url = wanted.inputs["queueUrl"]
    aws["sqs"].set_queue_attributes(QueueUrl=url, Attributes={"Policy": whole(wanted.inputs["policy"])})
    return Answer(id=url, outputs={})


def topic(aws: Clients, wanted: Registration) -> Answer:
    arn = aws["sns"].create_topic(Name=wanted.inputs["name"])["TopicArn"]
    return Answer(id=arn, outputs={"arn": arn})


def topic_policy(aws: Clients, wanted: Registration) -> Answer:
    arn = wanted.inputs["arn"]
    aws["sns"].set_topic_attributes(
        TopicArn=arn, AttributeName="Policy", AttributeValue=whole(wanted.inputs["policy"])
    )
    return Answer(id=arn, outputs={})


def subscription(aws: Clients, wanted: Registration) -> Answer:
    inputs = wanted.inputs
    arn = aws["sns"].subscribe(
        TopicArn=inputs["topic"],
        Protocol=inputs["protocol"],
        Endpoint=inputs["endpoint"],
        ReturnSubscriptionArn=True,
    )["SubscriptionArn"]
    return Answer(id=arn, outputs={"arn": arn})
