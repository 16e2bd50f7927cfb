"""What the services say of their inputs: patterns, lengths, values. The embedded AWS takes nearly everything."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import regex
import yaml

from bovespa.local.configuration import PROJECT
from bovespa.local.program import Registration
from tests.stack.cloudformation import COUNTERPARTS, refused
from tests.stack.plan import EVERYTHING, Plan, plan_of

# Types that hold nothing but references, numbers and policies, which other tests look at.
WITHOUT_TEXT = {
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup",
    "aws:ec2/internetGateway:InternetGateway",
    "aws:ec2/route:Route",
    "aws:ec2/routeTable:RouteTable",
    "aws:ec2/routeTableAssociation:RouteTableAssociation",
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
    "aws:s3/bucketNotification:BucketNotification",
    "aws:s3/bucketObjectv2:BucketObjectv2",
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls",
    "aws:s3/bucketPolicy:BucketPolicy",
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
    "aws:s3/bucketVersioning:BucketVersioning",
    "aws:sns/topicPolicy:TopicPolicy",
    "aws:sns/topicSubscription:TopicSubscription",
    "aws:sqs/queuePolicy:QueuePolicy",
}
# Every service takes what IAM takes ("Tagging IAM resources": 128 and 256 characters of these).
TAG = regex.compile(r"[\p{L}\p{Z}\p{N}_.:/=+\-@]*")


@pytest.fixture(scope="module", params=["dev", "prod"])
def whole(request: pytest.FixtureRequest) -> Plan:
    """A stack with everything that can be switched on."""
    return plan_of(request.param, **EVERYTHING)


def test_no_service_would_refuse_a_name_a_description_or_a_value(whole: Plan) -> None:
    checked = [resource for resource in whole.resources if resource.type in COUNTERPARTS]

    assert {r.type for r in whole.resources} - set(COUNTERPARTS) == WITHOUT_TEXT
    assert [line for resource in checked for line in refused(resource)] == []


def test_tags_are_what_every_service_takes(whole: Plan) -> None:
    path = PROJECT / f"Pulumi.{whole.stack}.yaml"
    tags = yaml.safe_load(path.read_text(encoding="utf-8"))["config"]["aws:defaultTags"]["tags"]
    for given in [tags, *(resource.inputs.get("tags") or {} for resource in whole.resources)]:
        for key, value in given.items():
            assert TAG.fullmatch(key)
            assert TAG.fullmatch(value)
            assert 0 < len(key) <= 128
            assert len(value) <= 256
            assert not key.startswith("aws:")


def broken() -> Iterator[tuple[str, str, str, object]]:
    group = "aws:ec2/securityGroup:SecurityGroup"
    rule = [{"protocol": "tcp", "fromPort": 443, "toPort": 443, "description": "The exchanges' own."}]
    yield group, "description", "GroupDescription", "The stream's producer."
    yield group, "egress", "SecurityGroupEgress", rule
    yield "aws:scheduler/schedule:Schedule", "description", "Description", "x" * 513
    yield "aws:iam/role:Role", "name", "RoleName", "x" * 65
    yield "aws:lambda/function:Function", "runtime", "Runtime", "python2"
    yield "aws:cloudwatch/logGroup:LogGroup", "retentionInDays", "RetentionInDays", 8
    yield "aws:glue/catalogTable:CatalogTable", "description", "Description", "x" * 2049
    yield "aws:sqs/queue:Queue", "messageRetentionSeconds", "MessageRetentionPeriod", 59


@pytest.mark.parametrize(("type_", "key", "named", "value"), list(broken()))
def test_a_value_that_the_service_refuses_is_found(
    whole: Plan, type_: str, key: str, named: str, value: object
) -> None:
    good = whole.of(type_)[0]
    bad = Registration(type=good.type, name=good.name, inputs={**good.inputs, key: value})

    if refused(bad) == []:
        pytest.fail(f"{type_} took {named} = {value!r:.80}")
    assert any(named in line for line in refused(bad))
