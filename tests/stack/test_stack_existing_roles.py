"""An account in which nobody may make a role: its own roles are used, and no policy is written."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bovespa.local.errors import DeploymentFailed
from tests.stack.cloudformation import COUNTERPARTS, refused
from tests.stack.plan import Plan, plan_of
from tests.stack.policy_lint import findings
from tests.stack.test_stack_rights import policies

LAB = "arn:aws:iam::123456789012:role/LabRole"


@pytest.fixture(scope="module", params=[{}, {"stream": {"enabled": True}}], ids=["batch", "stream"])
def lab(request: pytest.FixtureRequest) -> Plan:
    return plan_of("lab", **request.param)


def roles_used(plan: Plan) -> dict[str, str]:
    """The ARN that each kind of resource is given, by service."""
    used: dict[str, set[str]] = {}
    for function in plan.of("lambda/function:Function"):
        used.setdefault("lambda", set()).add(function.inputs["role"])
    for schedule in plan.of(":Schedule"):
        used.setdefault("scheduler", set()).add(schedule.inputs["target"]["roleArn"])
    for job in plan.of(":VisualJob"):
        used.setdefault("glue", set()).add(json.loads(job.inputs["definition"])["Role"])
    for task in plan.of(":TaskDefinition"):
        used.setdefault("ecs", set()).update({task.inputs["taskRoleArn"], task.inputs["executionRoleArn"]})
    for delivery in plan.of(":FirehoseDeliveryStream"):
        s3 = delivery.inputs["extendedS3Configuration"]
        schema = s3["dataFormatConversionConfiguration"]["schemaConfiguration"]
        source = delivery.inputs["kinesisSourceConfiguration"]
        used.setdefault("firehose", set()).update({s3["roleArn"], schema["roleArn"], source["roleArn"]})
    return {service: role for service, roles in used.items() for role in roles if len(roles) == 1}


def test_the_lab_makes_no_role_and_no_policy_of_iams_and_uses_its_own_everywhere(lab: Plan) -> None:
    assert not [r.type for r in lab.resources if ":iam/" in r.type]
    services = {"lambda", "scheduler", "glue"} | ({"ecs", "firehose"} if lab.of(":Cluster") else set())
    assert roles_used(lab) == dict.fromkeys(services, LAB)


def test_the_lab_is_small_in_its_region_and_goes_with_its_data(lab: Plan) -> None:
    assert lab.exports["region"] == "us-east-1"
    assert not lab.of(":TopicSubscription")
    assert all(bucket.inputs["forceDestroy"] for bucket in lab.of("s3/bucket:Bucket"))
    for job in lab.of(":VisualJob"):
        body = json.loads(job.inputs["definition"])
        assert (body["NumberOfWorkers"], body["WorkerType"]) == (2, "G.1X")
        assert body["Timeout"] <= 10


def test_the_lab_holds_to_the_services_lists_too(lab: Plan) -> None:
    assert [line for r in lab.resources if r.type in COUNTERPARTS for line in refused(r)] == []
    found = [
        line
        for name, policy in policies(lab)
        if not name.startswith(":BucketPolicy")
        for line in findings(policy)
    ]
    assert found == []


def test_without_the_stream_the_lab_runs_no_task() -> None:
    assert not [r.type for r in plan_of("lab").resources if ":ecs/" in r.type or ":ec2/" in r.type]


def test_one_service_alone_may_have_a_role_of_the_accounts() -> None:
    made = plan_of("dev", existingRoles={"glue": "arn:aws:iam::999999999999:role/team/glue-runs"})

    roles = {role.name for role in made.of(":Role")}
    assert roles_used(made)["glue"] == "arn:aws:iam::999999999999:role/team/glue-runs"
    assert not roles & {"carteira-role", "negociacao-role"}
    assert {"scraper-role", "scraper-schedule-role"} <= roles


@pytest.mark.parametrize(
    ("overrides", "reason"),
    [
        ({"existingRoleArn": "arn:aws:iam::1:role/x"}, "bovespa:existingRoleArn: expected a role's ARN"),
        ({"existingRoleArn": "Lab Role"}, "bovespa:existingRoleArn: expected a role's ARN"),
        ({"existingRoles": {"s3": "LabRole"}}, r"bovespa:existingRoles\.s3: expected one of lambda, glue"),
        ({"existingRoles": {"glue": 5}}, r"bovespa:existingRoles\.glue: expected a role's ARN"),
        ({"existingRoles": ["LabRole"]}, r"bovespa:existingRoles: expected an object such as"),
        ({"existingRoles": "LabRole"}, r"bovespa:existingRoles: expected an object such as"),
        ({"database": "Default"}, "bovespa:database: expected a name of a-z, 0-9 and _"),
        ({"database": "with-dash"}, "bovespa:database: expected a name of a-z, 0-9 and _"),
    ],
    ids=str,
)
def test_a_wrong_setting_is_one_line_that_names_the_key(overrides: dict[str, Any], reason: str) -> None:
    with pytest.raises(DeploymentFailed, match=reason) as failure:
        plan_of("dev", **overrides)

    assert "\n" not in str(failure.value).strip()


def test_a_database_of_the_stacks_own_holds_all_of_its_tables_and_goes_with_it(own: Plan) -> None:
    made = own
    (database,) = made.of(":CatalogDatabase")
    assert database.inputs["name"] == made.exports["database"] == "bovespa_dev"
    assert not made.requests[database.type, database.name].retainOnDelete
    assert {table.inputs["databaseName"] for table in made.of(":CatalogTable")} == {"bovespa_dev"}
    assert {query.inputs["database"] for query in made.of(":NamedQuery")} == {"bovespa_dev"}
    for job in made.of(":VisualJob"):
        nodes = json.loads(job.inputs["definition"])["CodeGenConfigurationNodes"].values()
        targets = [
            body["SchemaChangePolicy"] for node in nodes for body in node.values() if _catalogues(body)
        ]
        assert targets
        assert {target["Database"] for target in targets} == {"bovespa_dev"}
    granted = json.dumps([policy.inputs["policy"] for policy in made.of(":RolePolicy")])
    assert ":table/bovespa_dev/" in granted
    assert ":table/default/" not in granted
    (compaction,) = [f for f in made.of("lambda/function:Function") if f.name == "bitcoin-compaction"]
    assert compaction.inputs["environment"]["variables"]["DATABASE"] == "bovespa_dev"


def _catalogues(body: dict[str, Any]) -> bool:
    return "SchemaChangePolicy" in body
