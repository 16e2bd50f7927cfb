"""IAM."""

from __future__ import annotations

import json

from bovespa.glue.runtime.emulator_run import trust_for_emulator
from bovespa.local.aws import Clients
from bovespa.local.program import Answer, Registration
from bovespa.local.provision.policies import whole


def role(aws: Clients, wanted: Registration) -> Answer:
    name = wanted.inputs["name"]
    trust = trust_for_emulator(whole(wanted.inputs["assumeRolePolicy"]))
    made = aws["iam"].create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]
    return Answer(id=name, outputs={"arn": made["Arn"]})


def role_policy(aws: Clients, wanted: Registration) -> Answer:
    role_name, name = wanted.inputs["role"], wanted.inputs["name"]
    aws["iam"].put_role_policy(
        RoleName=role_name, PolicyName=name, PolicyDocument=whole(wanted.inputs["policy"])
    )
    return Answer(id=f"{role_name}:{name}", outputs={})


def existing_role(aws: Clients, name: str) -> None:
    """A role that an account has before anything is deployed, such as a lab's: any service may assume it and do all."""
    allow = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "*"}}
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    aws["iam"].create_role(
        RoleName=name,
        AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [allow]}),
    )
    aws["iam"].put_role_policy(
        RoleName=name,
        PolicyName="everything",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [everything]}),
    )
