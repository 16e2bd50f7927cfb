"""A key of the account's own: it encrypts everything that is kept, and whoever keeps it may use it."""

from __future__ import annotations

from typing import Any

import pytest

from bovespa.local.configuration import load_configuration
from bovespa.local.deployment import preview
from bovespa.local.errors import DeploymentFailed
from tests.stack.plan import Plan, plan_of

KEY = "arn:aws:kms:sa-east-1:123456789012:key/0f1e2d3c-0000-4000-8000-000000000000"
USE = {"kms:Decrypt", "kms:GenerateDataKey"}


@pytest.fixture(scope="module")
def keyed() -> Plan:
    return plan_of("prod", kmsKeyArn=KEY, stream={"enabled": True})


def test_everything_that_is_kept_is_encrypted_with_it(keyed: Plan) -> None:
    rules = [of.inputs["rules"][0] for of in keyed.of(":BucketServerSideEncryptionConfiguration")]
    by_default = "applyServerSideEncryptionByDefault"

    assert len(rules) == len(keyed.of("s3/bucket:Bucket"))
    assert {rule[by_default]["kmsMasterKeyId"] for rule in rules} == {KEY}
    assert all(rule["bucketKeyEnabled"] for rule in rules)
    assert {group.inputs["kmsKeyId"] for group in keyed.of(":LogGroup")} == {KEY}
    assert {function.inputs["kmsKeyArn"] for function in keyed.of("lambda/function:Function")} == {KEY}
    assert {topic.inputs["kmsMasterKeyId"] for topic in keyed.of(":Topic")} == {KEY}
    assert {stream.inputs["kmsKeyId"] for stream in keyed.of("kinesis/stream:Stream")} == {KEY}
    for workgroup in keyed.of(":Workgroup"):
        result = workgroup.inputs["configuration"]["resultConfiguration"]["encryptionConfiguration"]
        assert result == {"encryptionOption": "SSE_KMS", "kmsKeyArn": KEY}


def test_every_role_that_keeps_something_may_use_that_key_and_no_other(keyed: Plan) -> None:
    schedules = {schedule.inputs["target"]["roleArn"] for schedule in keyed.of(":Schedule")}
    for role in keyed.of(":Role"):
        mine = [s for s in keyed.policy_of(role.inputs["name"]) if set(s["Action"]) & USE]
        if keyed.arn(role) in schedules:
            assert not mine
        else:
            (statement,) = mine
            assert set(statement["Action"]) == USE
            assert statement["Resource"] == [KEY]


def test_without_one_no_policy_speaks_of_keys(plan: Plan) -> None:
    assert not [
        s for role in plan.of(":Role") for s in plan.policy_of(role.inputs["name"]) if s["Sid"] == "UseKey"
    ]
    assert not any(group.inputs.get("kmsKeyId") for group in plan.of(":LogGroup"))


@pytest.mark.parametrize("value", ["alias/lake", "arn:aws:kms:sa-east-1:123456789012:alias/lake", "0f1e2d3c"])
def test_a_value_that_is_no_keys_arn_is_one_line(value: str) -> None:
    given: dict[str, Any] = {"kmsKeyArn": value}

    with pytest.raises(DeploymentFailed, match="bovespa:kmsKeyArn: expected the ARN of a key"):
        preview(load_configuration("dev", given))
