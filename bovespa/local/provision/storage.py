"""S3."""

from __future__ import annotations

import json
from typing import Any

from bovespa.local.aws import Clients
from bovespa.local.program import Answer, Registration
from bovespa.local.provision.policies import whole
from bovespa.local.provision.wire import pascal


def bucket(aws: Clients, wanted: Registration) -> Answer:
    name = wanted.inputs["bucket"]
    region = aws["s3"].meta.region_name
    aws["s3"].create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": region})
    arn = f"arn:aws:s3:::{name}"
    return Answer(id=name, outputs={"bucket": name, "arn": arn, "region": region})


def versioning(aws: Clients, wanted: Registration) -> Answer:
    name = wanted.inputs["bucket"]
    status = wanted.inputs["versioningConfiguration"]["status"]
    aws["s3"].put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": status})
    return Answer(id=name, outputs={})


def encryption(aws: Clients, wanted: Registration) -> Answer:
    name = wanted.inputs["bucket"]
    rules = [
        {
            "ApplyServerSideEncryptionByDefault": {
                "SSEAlgorithm": rule["applyServerSideEncryptionByDefault"]["sseAlgorithm"]
            }
        }
        for rule in wanted.inputs["rules"]
    ]
    aws["s3"].put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration={"Rules": rules})
    return Answer(id=name, outputs={})


def public_access_block(aws: Clients, wanted: Registration) -> Answer:
    name = wanted.inputs["bucket"]
    settings = pascal({k: v for k, v in wanted.inputs.items() if k != "bucket"})
    aws["s3"].put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=settings)
    return Answer(id=name, outputs={})


def ownership_controls(aws: Clients, wanted: Registration) -> Answer:
    name = wanted.inputs["bucket"]
    aws["s3"].put_bucket_ownership_controls(
        Bucket=name, OwnershipControls={"Rules": [pascal(wanted.inputs["rule"])]}
    )
    return Answer(id=name, outputs={})


def lifecycle(aws: Clients, wanted: Registration) -> Answer:
    name = wanted.inputs["bucket"]
    rules = [_rule(rule) for rule in wanted.inputs["rules"]]
    aws["s3"].put_bucket_lifecycle_configuration(Bucket=name, LifecycleConfiguration={"Rules": rules})
    return Answer(id=name, outputs={})


def _rule(rule: dict[str, Any]) -> dict[str, Any]:
    converted: dict[str, Any] = pascal(rule)
    converted["ID"] = converted.pop("Id")
    return converted


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
