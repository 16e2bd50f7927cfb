"""What the doctor sees of an account, asked of the embedded AWS."""

from __future__ import annotations

import contextlib
import json
import uuid

import pytest

from bovespa.doctor import Finding, Verdict, examine
from bovespa.local.aws import Clients
from bovespa.local.emulator import REGION
from bovespa.words import EN

TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::000000000000:root"},
            "Action": "sts:AssumeRole",
        }
    ],
}


def seen(aws: Clients, *, creates_default: bool = False, layer: str | None = None) -> dict[str, Finding]:
    return {
        finding.name: finding
        for finding in examine(
            aws, region=REGION, layer=layer, creates_default=creates_default, said=EN.examined
        )
    }


def test_a_database_that_is_there_must_not_be_made_again(aws: Clients) -> None:
    with contextlib.suppress(aws["glue"].exceptions.AlreadyExistsException):
        aws["glue"].create_database(DatabaseInput={"Name": "default"})
    made, kept = (seen(aws, creates_default=creates)["database"] for creates in (True, False))

    assert (made.verdict, made.todo) == (Verdict.BAD, "pulumi config set createDefaultDatabase false")
    assert kept.verdict is Verdict.GOOD


def test_without_a_region_nothing_is_asked_of_aws(aws: Clients) -> None:
    found = list(examine(aws, region=None, layer=None, creates_default=True, said=EN.examined))

    assert [finding.name for finding in found] == ["pulumi", "region"]
    assert found[-1].verdict is Verdict.BAD


def test_wrong_keys_end_it_with_what_to_do(aws: Clients) -> None:
    endpoint = aws["sts"].meta.endpoint_url
    stranger = Clients(
        {
            "AWS_ENDPOINT_URL": endpoint,
            "AWS_REGION": REGION,
            "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
            "AWS_SECRET_ACCESS_KEY": "wrong",
        }
    )

    found = seen(stranger)

    assert found["credentials"].verdict is Verdict.BAD
    assert "aws configure" in found["credentials"].todo
    assert "database" not in found


@pytest.mark.parametrize("allowed", [True, False])
def test_a_session_without_iam_is_told_of_ready_made_roles(aws: Clients, allowed: bool) -> None:
    name = f"student-{uuid.uuid4().hex[:8]}"
    role = aws["iam"].create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
    actions = ["iam:SimulatePrincipalPolicy", "glue:Get*", "lambda:Get*"]
    actions += ["iam:CreateRole", "iam:PutRolePolicy", "iam:PassRole"] if allowed else []
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}]}
    aws["iam"].put_role_policy(RoleName=name, PolicyName=name, PolicyDocument=json.dumps(policy))

    found = seen(aws.as_role(role))["roles"]

    assert found.verdict is (Verdict.GOOD if allowed else Verdict.BAD)
    assert ("existingRoleArn" in found.todo) is not allowed
