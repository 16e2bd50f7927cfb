"""S3."""

from __future__ import annotations

import json

from bovespa.local.aws import Clients
from bovespa.local.program import Answer, Registration
from bovespa.local.provision.policies import whole
from bovespa.local.provision.wire import arguments


def bucket(aws: Clients, wanted: Registration) -> Answer:
    name = wanted.inputs["bucket"]
    region = aws["s3"].meta.region_name
    aws["s3"].create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": region})
    return Answer(id=name, outputs={"region": region})


def versioning(aws: Clients, wanted: Registration) -> Answer:
    aws["s3"].put_bucket_versioning(**arguments(aws["s3"], "put_bucket_versioning", wanted.inputs))
    return Answer(id=wanted.inputs["bucket"], outputs={})


def encryption(aws: Clients, wanted: Registration) -> Answer:
    """Without a key of KMS's, which the emulator has none of."""
    name = wanted.inputs["bucket"]
    inputs = {"bucket": name, "serverSideEncryptionConfiguration": {"rules": wanted.inputs["rules"]}}
    without = ("kmsMasterKeyId", "bucketKeyEnabled")
    aws["s3"].put_bucket_encryption(**arguments(aws["s3"], "put_bucket_encryption", inputs, without=without))
    return Answer(id=name, outputs={})


def public_access_block(aws: Clients, wanted: Registration) -> Answer:
    settings = {**wanted.inputs}
    inputs = {"bucket": settings.pop("bucket"), "publicAccessBlockConfiguration": settings}
    aws["s3"].put_public_access_block(**arguments(aws["s3"], "put_public_access_block", inputs))
    return Answer(id=inputs["bucket"], outputs={})


def ownership_controls(aws: Clients, wanted: Registration) -> Answer:
    inputs = {"bucket": wanted.inputs["bucket"], "ownershipControls": {"rules": [wanted.inputs["rule"]]}}
    aws["s3"].put_bucket_ownership_controls(**arguments(aws["s3"], "put_bucket_ownership_controls", inputs))
    return Answer(id=inputs["bucket"], outputs={})


def lifecycle(aws: Clients, wanted: Registration) -> Answer:
    inputs = {"bucket": wanted.inputs["bucket"], "lifecycleConfiguration": {"rules": wanted.inputs["rules"]}}
    aws["s3"].put_bucket_lifecycle_configuration(
        **arguments(aws["s3"], "put_bucket_lifecycle_configuration", inputs)
    )
    return Answer(id=inputs["bucket"], outputs={})


def policy(aws: Clients, wanted: Registration) -> Answer:
    """The bucket's policy, but for the demand of TLS: the loopback is plain HTTP."""
    name = wanted.inputs["bucket"]
    document = json.loads(whole(wanted.inputs["policy"]))
    document["Statement"] = [
        statement
        for statement in document["Statement"]
        if "aws:SecureTransport" not in statement.get("Condition", {}).get("Bool", {})
    ]
    if document["Statement"]:
        aws["s3"].put_bucket_policy(Bucket=name, Policy=json.dumps(document))
    return Answer(id=name, outputs={})


def notification(aws: Clients, wanted: Registration) -> Answer:
    """The bucket's whole notification configuration."""
    name = wanted.inputs["bucket"]
    functions = [
        {
            "Id": entry["id"],
            "LambdaFunctionArn": entry["lambdaFunctionArn"],
            "Events": entry["events"],
            "Filter": {
                "Key": {
                    "FilterRules": [
                        {"Name": rule, "Value": entry[f"filter{rule.title()}"]}
                        for rule in ("prefix", "suffix")
                        if entry.get(f"filter{rule.title()}")
                    ]
                }
            },
        }
        for entry in wanted.inputs["lambdaFunctions"]
    ]
    aws["s3"].put_bucket_notification_configuration(
        Bucket=name, NotificationConfiguration={"LambdaFunctionConfigurations": functions}
    )
    return Answer(id=name, outputs={})
