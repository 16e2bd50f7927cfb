"""A second emulator's opinion: moto makes the whole stack too, and has read what the first one let pass.

moto checks policy documents, lifecycle rules, notifications and references between resources by rules of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, cast

import boto3
import pytest
from moto import mock_aws

from bovespa.local.aws import Clients
from bovespa.local.configuration import load_configuration
from bovespa.local.deployment import Deployment, deploy
from bovespa.local.emulator import ACCOUNT, REGION, Emulator
from bovespa.local.program import Answer, Registration
from bovespa.local.provision import PROVISIONS
from components.visual_job_provider import VisualJobProvider

pytestmark = [pytest.mark.slow]
VISUAL_JOB = "pulumi-python:dynamic/glue:VisualJob"
KEY = {"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "of-nobody"}


def as_pulumi_makes_it(_: Clients, wanted: Registration) -> Answer:
    """The job by its provider alone: the embedded stack makes one that runs on this machine, by UpdateJob too."""
    made = VisualJobProvider().create(dict(wanted.inputs))
    return Answer(id=made.id, outputs=dict(made.outs or {}))


@pytest.fixture(scope="module")
def deployed() -> Iterator[Deployment]:
    environment = {**KEY, "AWS_REGION": REGION, "AWS_DEFAULT_REGION": REGION, "MOTO_ACCOUNT_ID": ACCOUNT}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        patch.setitem(PROVISIONS, VISUAL_JOB, as_pulumi_makes_it)
        with mock_aws():
            moto = SimpleNamespace(environment=environment, check=lambda: None)
            yield deploy(cast(Emulator, moto), load_configuration("dev", {"stream": {"enabled": True}}))


def client(service: str) -> Any:
    return boto3.Session().client(service, region_name=REGION)


def test_every_resource_is_made(deployed: Deployment) -> None:
    kinds = {resource.type for resource in deployed.resources}

    assert {VISUAL_JOB, "aws:ecs/service:Service"} <= kinds
    assert len(deployed.resources) > 200


def test_every_role_has_its_policy_and_its_parts_take_it(deployed: Deployment) -> None:
    iam = client("iam")
    policies = {
        (role["RoleName"], name)
        for page in iam.get_paginator("list_roles").paginate()
        for role in page["Roles"]
        for name in iam.list_role_policies(RoleName=role["RoleName"])["PolicyNames"]
    }
    roles = {role["Arn"] for page in iam.get_paginator("list_roles").paginate() for role in page["Roles"]}
    functions = client("lambda").list_functions()["Functions"]
    jobs = client("glue").get_jobs()["Jobs"]

    assert len(policies) == len([each for each in deployed.resources if each.type.endswith(":RolePolicy")])
    assert functions
    assert {function["Role"] for function in functions} <= roles
    assert len(jobs) == 3
    assert {job["Role"] for job in jobs} <= roles


def test_schedules_reach_functions_that_let_the_scheduler_in(deployed: Deployment) -> None:
    scheduler, iam = client("scheduler"), client("iam")
    functions = {function["FunctionArn"] for function in client("lambda").list_functions()["Functions"]}

    for entry in scheduler.list_schedules()["Schedules"]:
        target = scheduler.get_schedule(Name=entry["Name"], GroupName=entry["GroupName"])["Target"]
        role = target["RoleArn"].rsplit("/", 1)[-1]
        (policy,) = iam.list_role_policies(RoleName=role)["PolicyNames"]
        document = iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
        allowed = {
            resource
            for statement in document["Statement"]
            if "lambda:InvokeFunction" in statement["Action"]
            for resource in statement["Resource"]
        }
        assert target["Arn"] in functions
        assert target["Arn"] in allowed
