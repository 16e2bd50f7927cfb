"""The program's resources as CloudFormation has them, and what the services' own schemas refuse of them.

CloudFormation's registry states for each property the pattern, length and values that the service takes;
cfn-lint carries those schemas, with corrections from its own maintainers. Names differ from Pulumi's by case and
by the words listed here; nothing is checked by a list of ours.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import regex
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER
from jsonschema import Draft7Validator, ValidationError, validators

from bovespa.local.program import Registration

REGION = "sa-east-1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Counterpart:
    """A type of CloudFormation's.

    ``words`` are properties, by their path, with another name or place there (``A.B`` is B inside A); None has none.
    """

    type: str
    words: Mapping[str, str | None] = field(default_factory=dict)
    inside: str = ""


# What EC2 and IAM are told in parts, S3 in one piece, has its texts in these; the other types hold no text.
COUNTERPARTS: Mapping[str, Counterpart] = {
    "aws:athena/namedQuery:NamedQuery": Counterpart(
        type="AWS::Athena::NamedQuery", words={"query": "QueryString"}
    ),
    "aws:athena/workgroup:Workgroup": Counterpart(
        type="AWS::Athena::WorkGroup",
        words={"configuration": "WorkGroupConfiguration", "forceDestroy": "RecursiveDeleteOption"},
    ),
    "aws:cloudwatch/dashboard:Dashboard": Counterpart(type="AWS::CloudWatch::Dashboard"),
    "aws:cloudwatch/eventRule:EventRule": Counterpart(type="AWS::Events::Rule"),
    "aws:cloudwatch/eventTarget:EventTarget": Counterpart(
        type="AWS::Events::Rule", inside="Targets", words={"rule": None}
    ),
    "aws:cloudwatch/logGroup:LogGroup": Counterpart(
        type="AWS::Logs::LogGroup", words={"name": "LogGroupName"}
    ),
    "aws:cloudwatch/logMetricFilter:LogMetricFilter": Counterpart(
        type="AWS::Logs::MetricFilter",
        words={"name": "FilterName", "pattern": "FilterPattern", "metricTransformation": None},
    ),
    "aws:cloudwatch/logStream:LogStream": Counterpart(
        type="AWS::Logs::LogStream", words={"name": "LogStreamName"}
    ),
    "aws:cloudwatch/metricAlarm:MetricAlarm": Counterpart(
        type="AWS::CloudWatch::Alarm", words={"name": "AlarmName"}
    ),
    "aws:ec2/securityGroup:SecurityGroup": Counterpart(
        type="AWS::EC2::SecurityGroup",
        words={
            "name": "GroupName",
            "description": "GroupDescription",
            "ingress": "SecurityGroupIngress",
            "egress": "SecurityGroupEgress",
            "ingress.protocol": "IpProtocol",
            "ingress.cidrBlocks": None,
            "egress.protocol": "IpProtocol",
            "egress.cidrBlocks": None,
        },
    ),
    "aws:ec2/subnet:Subnet": Counterpart(type="AWS::EC2::Subnet"),
    "aws:ec2/vpc:Vpc": Counterpart(type="AWS::EC2::VPC"),
    "aws:ecs/cluster:Cluster": Counterpart(type="AWS::ECS::Cluster", words={"name": "ClusterName"}),
    "aws:ecs/service:Service": Counterpart(
        type="AWS::ECS::Service",
        words={
            "name": "ServiceName",
            "deploymentCircuitBreaker": "DeploymentConfiguration.DeploymentCircuitBreaker",
            "deploymentMaximumPercent": "DeploymentConfiguration.MaximumPercent",
            "deploymentMinimumHealthyPercent": "DeploymentConfiguration.MinimumHealthyPercent",
            "networkConfiguration": "NetworkConfiguration.AwsvpcConfiguration",
            "networkConfiguration.assignPublicIp": None,
        },
    ),
    "aws:ecs/taskDefinition:TaskDefinition": Counterpart(type="AWS::ECS::TaskDefinition"),
    "aws:glue/catalogDatabase:CatalogDatabase": Counterpart(
        type="AWS::Glue::Database",
        words={"name": "DatabaseInput.Name", "description": "DatabaseInput.Description"},
    ),
    "aws:glue/catalogTable:CatalogTable": Counterpart(
        type="AWS::Glue::Table",
        words={
            "partitionIndices": None,
        }
        | {
            key: f"TableInput.{key[0].upper()}{key[1:]}"
            for key in (
                "description",
                "parameters",
                "partitionKeys",
                "storageDescriptor",
                "tableType",
                "viewExpandedText",
                "viewOriginalText",
            )
        },
    ),
    "aws:iam/role:Role": Counterpart(
        type="AWS::IAM::Role", words={"name": "RoleName", "assumeRolePolicy": "AssumeRolePolicyDocument"}
    ),
    "aws:iam/rolePolicy:RolePolicy": Counterpart(
        type="AWS::IAM::RolePolicy",
        words={"name": "PolicyName", "policy": "PolicyDocument", "role": "RoleName"},
    ),
    "aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream": Counterpart(
        type="AWS::KinesisFirehose::DeliveryStream",
        words={
            "name": "DeliveryStreamName",
            "destination": None,
            "extendedS3Configuration": "ExtendedS3DestinationConfiguration",
            "kinesisSourceConfiguration": "KinesisStreamSourceConfiguration",
            "extendedS3Configuration.bufferingSize": "BufferingHints.SizeInMBs",
            "extendedS3Configuration.bufferingInterval": "BufferingHints.IntervalInSeconds",
        },
    ),
    "aws:kinesis/stream:Stream": Counterpart(
        type="AWS::Kinesis::Stream",
        words={
            "retentionPeriod": "RetentionPeriodHours",
            "encryptionType": "StreamEncryption.EncryptionType",
            "kmsKeyId": "StreamEncryption.KeyId",
        },
    ),
    "aws:lambda/function:Function": Counterpart(
        type="AWS::Lambda::Function", words={"name": "FunctionName", "code": None}
    ),
    "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig": Counterpart(
        type="AWS::Lambda::EventInvokeConfig"
    ),
    "aws:lambda/permission:Permission": Counterpart(
        type="AWS::Lambda::Permission", words={"function": "FunctionName", "statementId": None}
    ),
    "aws:s3/bucket:Bucket": Counterpart(
        type="AWS::S3::Bucket", words={"bucket": "BucketName", "forceDestroy": None}
    ),
    "aws:scheduler/schedule:Schedule": Counterpart(type="AWS::Scheduler::Schedule"),
    "aws:sns/topic:Topic": Counterpart(type="AWS::SNS::Topic", words={"name": "TopicName"}),
    "aws:sqs/queue:Queue": Counterpart(
        type="AWS::SQS::Queue",
        words={"name": "QueueName", "messageRetentionSeconds": "MessageRetentionPeriod"},
    ),
    "pulumi-python:dynamic/glue:VisualJob": Counterpart(
        type="AWS::Glue::Job",
        words={
            "CodeGenConfigurationNodes": None,
            "JobMode": None,
            "JobRunQueuingEnabled": "JobRunQueuingEnabled",
        },
    ),
}


def counterpart(resource: Registration) -> dict[str, Any]:
    """The resource's properties by CloudFormation's names.

    Raises:
        LookupError: a property has no counterpart and isn't said to have none.
    """
    known = COUNTERPARTS[resource.type]
    schema = _schema(known.type)
    inputs = resource.inputs
    if resource.type.endswith(":VisualJob"):
        inputs = json.loads(inputs["definition"])
    if not known.inside:
        return dict(_converted(inputs, schema, schema, known))
    part = schema["properties"][known.inside]["items"]
    return {known.inside: [_converted(inputs, part, schema, known)]}


def refused(resource: Registration) -> list[str]:
    """Why the service would refuse the resource: pattern, length, range or an unknown value, one line each."""
    schema = _schema(COUNTERPARTS[resource.type].type)
    return [_line(resource, error) for error in _VALIDATOR(schema).iter_errors(counterpart(resource))]


def _line(resource: Registration, error: ValidationError) -> str:
    place = ".".join(str(step) for step in error.absolute_path)
    return f"{resource.type} {resource.name}: {place}: {error.message}"


def _schema(type_: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        json.dumps(PROVIDER_SCHEMA_MANAGER.get_resource_schema(REGION, type_).schema)
    )
    if type_ == "AWS::EC2::SecurityGroup":
        # EC2 holds a rule's description to the group's rule (API reference, IpRange); the schema leaves it out.
        rule = found["properties"]["GroupDescription"]
        for side in ("Ingress", "Egress"):
            found["definitions"][side]["properties"]["Description"] = rule
    return found


def _converted(
    value: Any, schema: Mapping[str, Any], root: Mapping[str, Any], known: Counterpart, place: str = ""
) -> Any:
    schema = _resolved(schema, root)
    if _types(schema) == ["array"] and isinstance(value, Mapping):
        pairs = [dict(zip(_pair(schema, root), pair, strict=True)) for pair in value.items()]
        return [_converted(pair, schema["items"], root, known, place) for pair in pairs]
    if isinstance(value, str) and value[:1] in "{[" and "string" not in _types(schema):
        value = json.loads(value)
    if isinstance(value, list):
        return [_converted(item, schema.get("items", {}), root, known, place) for item in value]
    if not isinstance(value, Mapping):
        return value
    if "properties" not in schema:
        return dict(value)
    found: dict[str, Any] = {}
    for key, item in value.items():
        if item is None:
            continue
        target: dict[str, Any] = found
        part: Mapping[str, Any] = schema
        here = f"{place}.{key}".strip(".")
        path = known.words.get(here, key)
        if path is None:
            continue
        *outer, last = path.split(".")
        for step in outer:
            target = target.setdefault(step, {})
            part = _resolved(part["properties"][step], root)
        name = next((each for each in part["properties"] if each.lower() == last.lower()), None)
        if name is None:
            raise LookupError(f"{known.type} has no {here}")
        target[name] = _converted(item, part["properties"][name], root, known, here)
    return found


def _resolved(schema: Mapping[str, Any], root: Mapping[str, Any]) -> Mapping[str, Any]:
    while "$ref" in schema:
        node: Any = root
        for step in schema["$ref"].removeprefix("#/").split("/"):
            node = node[step]
        schema = node
    return schema


def _pair(schema: Mapping[str, Any], root: Mapping[str, Any]) -> tuple[str, str]:
    """What a list of pairs calls them, which Pulumi has as a map: tags, an alarm's dimensions."""
    names = _resolved(schema["items"], root)["properties"]
    return ("Key" if "Key" in names else "Name", "Value")


def _types(schema: Mapping[str, Any]) -> list[str]:
    types = schema.get("type", [])
    return [types] if isinstance(types, str) else list(types)


def _pattern(_validator: Any, pattern: str, value: Any, _schema: Any) -> Iterator[ValidationError]:
    # `regex`, as cfn-lint itself: the patterns have \p{…}, which `re` doesn't know.
    if isinstance(value, str) and not regex.search(pattern, value):
        yield ValidationError(f"{value!r} does not match {pattern}")


_CHECKED = ("$ref", "properties", "items", "enum", "minLength", "maxLength", "minimum", "maximum")
_VALIDATOR = validators.create(
    Draft7Validator.META_SCHEMA,
    {
        **{word: Draft7Validator.VALIDATORS[word] for word in (*_CHECKED, "minItems", "maxItems")},
        "pattern": _pattern,
    },
)
