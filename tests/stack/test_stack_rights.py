"""Least privilege: who may do what, and who may become whom."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import combinations
from typing import Any

import pulumi
import pytest

from bovespa.local.configuration import load_configuration
from bovespa.local.errors import DeploymentFailed
from components.policy import Statement, document
from tests.stack.plan import EVERYTHING, Plan, plan_of, planned
from tests.stack.policy_lint import findings

POLICIES = {":RolePolicy": "policy", ":Role": "assumeRolePolicy", ":BucketPolicy": "policy"}
POLICIES |= {":QueuePolicy": "policy", ":TopicPolicy": "policy"}


@pytest.fixture(scope="module", params=["dev", "prod"])
def whole(request: pytest.FixtureRequest) -> Plan:
    """A stack with everything that can be switched on."""
    return plan_of(request.param, **EVERYTHING)


def policies(plan: Plan) -> Iterator[tuple[str, dict[str, Any]]]:
    for type_, key in POLICIES.items():
        for resource in plan.of(type_):
            yield f"{type_} {resource.name}", json.loads(resource.inputs[key])


def test_aws_knows_every_action_every_resource_for_it_and_every_condition(whole: Plan) -> None:
    found = [
        f"{name}: {line}"
        for name, policy in policies(whole)
        # `s3:*` is denied, and may be.
        if not name.startswith(":BucketPolicy")
        for line in findings(policy)
    ]

    assert found == []


@pytest.mark.parametrize(
    ("change", "finding"),
    [
        ({"Action": ["s3:GetObjects"]}, "there is no action s3:GetObjects"),
        ({"Action": ["s3:ListBucket"]}, "s3:ListBucket knows none of the resources"),
        ({"Resource": ["arn:aws:s3:::lake/*", "arn:aws:sqs:x:1:q"]}, "none of its actions knows arn:aws:sqs"),
        ({"Resource": ["*"]}, "every resource"),
        (
            {"Condition": {"StringEquals": {"s3:prefix": "raw/"}}},
            "s3:GetObject is never asked with s3:prefix",
        ),
        ({"Action": ["glue:GetJobBookmark"], "Resource": ["arn:aws:glue:x:1:job/j"]}, "knows none of the"),
    ],
)
def test_what_iam_would_take_and_never_grant_is_found(change: dict[str, Any], finding: str) -> None:
    good = {"Sid": "Read", "Action": ["s3:GetObject"], "Resource": ["arn:aws:s3:::lake/raw/*"]}

    assert list(findings({"Statement": [good]})) == []
    assert any(finding in line for line in findings({"Statement": [{**good, **change}]}))


def test_every_statement_names_its_actions_and_resources(whole: Plan) -> None:
    for policy in whole.of(":RolePolicy"):
        statements = json.loads(policy.inputs["policy"])["Statement"]
        assert len({statement["Sid"] for statement in statements}) == len(statements), policy.name
        for statement in statements:
            where = f"{policy.name}/{statement['Sid']}"
            assert statement["Effect"] == "Allow", where
            assert not [action for action in statement["Action"] if "*" in action], where
            for resource in statement["Resource"]:
                # Where IAM knows no resource for an action, only * grants it; the lint sees to that.
                assert resource.startswith("arn:aws:") or where.endswith("/Bookmarks"), f"{where}: {resource}"
                assert not resource.startswith("arn:aws:*"), where


def test_a_buckets_objects_are_always_named_by_a_prefix(whole: Plan) -> None:
    buckets = {whole.arn(bucket) for bucket in whole.of("s3/bucket:Bucket")}
    # Spark asks for folders without their slash (visual_job.py), Firehose for the bucket itself (delivery.py).
    listing_all = {f"{job.name}-policy" for job in whole.of(":VisualJob")} | {"bitcoin-delivery-policy"}
    for policy in whole.of(":RolePolicy"):
        for statement in json.loads(policy.inputs["policy"])["Statement"]:
            assert not {f"{arn}/*" for arn in buckets} & set(statement["Resource"]), policy.name
            if "s3:ListBucket" in statement["Action"] and policy.name not in listing_all:
                (operator,) = statement["Condition"]
                assert operator in ("StringLike", "StringEquals"), (
                    policy.name
                )  # never …IfExists: it lists all
                assert statement["Condition"][operator]["s3:prefix"], policy.name


def test_no_two_jobs_write_in_the_same_place(whole: Plan) -> None:
    writes = {"s3:PutObject", "s3:DeleteObject", "glue:UpdateTable", "glue:CreateTable"}
    marks = {"REFINED", "REFINED/", "REFINED_$folder$"}  # no table's

    def places(job: str) -> set[str]:
        granted = [s for s in whole.rights(job) if writes & set(s["Action"])]
        return {resource for statement in granted for resource in statement["Resource"]}

    lake = whole.arn(whole.one("s3/bucket:Bucket", "lake"))
    catalogue = {f"arn:aws:glue:sa-east-1:123456789012:{part}" for part in ("catalog", "database/default")}
    jobs = [job.name for job in whole.of(":VisualJob")]
    for one, other in combinations(jobs, 2):
        assert places(one) & places(other) == {f"{lake}/{mark}" for mark in marks} | catalogue, (one, other)
    for job in jobs:
        owned = {
            f"{lake}/{folder}{end}"
            for folder in (*(f"REFINED/{table}" for table in tables_of(whole, job)), f"glue/temporary/{job}")
            for end in ("", "/*", "_$folder$")
        }
        rest = {place for place in places(job) - owned - catalogue if place.startswith(lake)}
        assert rest - {f"{lake}/{mark}" for mark in marks} <= {
            f"{lake}/{folder}/{job}/*" for folder in ("glue/estado", "raw", "quarantine/raw")
        }


def tables_of(plan: Plan, job: str) -> set[str]:
    nodes = json.loads(plan.one(":VisualJob", job).inputs["definition"])["CodeGenConfigurationNodes"].values()
    bodies = [body for node in nodes for body in node.values()]
    return {body["SchemaChangePolicy"]["Table"] for body in bodies if "SchemaChangePolicy" in body}


def test_a_table_is_changed_by_the_one_job_that_writes_it(whole: Plan) -> None:
    named: dict[str, set[str]] = {}
    for policy in whole.of(":RolePolicy"):
        for statement in json.loads(policy.inputs["policy"])["Statement"]:
            for resource in statement["Resource"]:
                if ":table/" in resource and "glue:UpdateTable" in statement["Action"]:
                    named.setdefault(policy.name.removesuffix("-policy"), set()).add(
                        resource.split(":table/")[1]
                    )

    assert named == {
        job.name: {f"default/{table}" for table in tables_of(whole, job.name)}
        for job in whole.of(":VisualJob")
    }


def test_a_jobs_own_files_are_where_its_rights_are(whole: Plan) -> None:
    bucket = whole.exports["lakeBucket"]
    for job in whole.of(":VisualJob"):
        body = json.loads(job.inputs["definition"])
        lake = whole.arn(whole.one("s3/bucket:Bucket", "lake"))
        role = whole.role(body["Role"])
        assert body["DefaultArguments"]["--TempDir"] == f"s3://{bucket}/glue/temporary/{job.name}/"
        assert body["Command"]["ScriptLocation"] == f"s3://{bucket}/glue/scripts/{job.name}.py"
        assert whole.allows(role, "s3:PutObject", f"{lake}/glue/temporary/{job.name}/*")
        assert whole.allows(role, "s3:GetObject", f"{lake}/glue/scripts/{job.name}.py")


def test_every_role_has_one_policy_and_is_used(plan: Plan) -> None:
    users = json.dumps(
        [r.inputs for r in plan.resources if not r.type.endswith((":Role", ":RolePolicy"))], default=str
    )
    for role in plan.of(":Role"):
        assert len([p for p in plan.of(":RolePolicy") if p.inputs["role"] == role.inputs["name"]]) == 1
        assert plan.arn(role) in users, role.name


def test_every_role_trusts_one_service_of_this_account(whole: Plan) -> None:
    services = set()
    for role in whole.of(":Role"):
        (trust,) = json.loads(role.inputs["assumeRolePolicy"])["Statement"]
        assert trust["Effect"] == "Allow"
        assert trust["Action"] == "sts:AssumeRole"
        assert list(trust["Principal"]) == ["Service"]
        service = trust["Principal"]["Service"]
        services.add(service)
        # AWS doesn't say that Glue names its account: without IfExists no job might ever start.
        operator = "StringEqualsIfExists" if service == "glue.amazonaws.com" else "StringEquals"
        assert trust["Condition"] == {operator: {"aws:SourceAccount": "123456789012"}}, role.name
    assert services == {
        "lambda.amazonaws.com",
        "glue.amazonaws.com",
        "scheduler.amazonaws.com",
        "ecs-tasks.amazonaws.com",
        "firehose.amazonaws.com",
    }


def test_a_role_is_trusted_to_the_service_that_uses_it(plan: Plan) -> None:
    def service(arn: str) -> str:
        (role,) = [role for role in plan.of(":Role") if plan.arn(role) == arn]
        found: str = json.loads(role.inputs["assumeRolePolicy"])["Statement"][0]["Principal"]["Service"]
        return found

    for function in plan.of("lambda/function:Function"):
        assert service(function.inputs["role"]) == "lambda.amazonaws.com"
    for schedule in plan.of(":Schedule"):
        assert service(schedule.inputs["target"]["roleArn"]) == "scheduler.amazonaws.com"
    for job in plan.of(":VisualJob"):
        assert service(json.loads(job.inputs["definition"])["Role"]) == "glue.amazonaws.com"


def test_no_policy_lets_a_role_give_itself_more(plan: Plan) -> None:
    services = {"iam", "sts", "organizations", "kms", "lambda", "cloudformation"}
    for policy in plan.of(":RolePolicy"):
        for statement in json.loads(policy.inputs["policy"])["Statement"]:
            for action in set(statement["Action"]) - {"lambda:InvokeFunction"}:
                assert action.split(":")[0] not in services, f"{policy.name}: {action}"
                assert action not in ("glue:UpdateJob", "glue:CreateJob", "s3:PutBucketPolicy"), policy.name


@pytest.mark.parametrize(("name", "job"), [("trigger", "carteira"), ("quotes-trigger", "negociacao")])
def test_a_trigger_may_start_its_job_and_nothing_else(plan: Plan, name: str, job: str) -> None:
    trigger = plan.one("lambda/function:Function", name)
    statements = plan.policy_of(plan.role(trigger.inputs["role"]))
    actions = {action for statement in statements for action in statement["Action"]}
    started = [s["Resource"] for s in statements if "glue:StartJobRun" in s["Action"]]

    assert actions == {"logs:CreateLogStream", "logs:PutLogEvents", "sqs:SendMessage", "glue:StartJobRun"}
    assert started == [[f"arn:aws:glue:sa-east-1:123456789012:job/bovespa-{plan.stack}-{job}"]]
    assert trigger.inputs["environment"]["variables"]["JOB_NAME"] == f"bovespa-{plan.stack}-{job}"


def test_the_market_datas_function_writes_its_own_prefixes_and_reads_what_it_compares(plan: Plan) -> None:
    function = plan.one("lambda/function:Function", "quotes")
    lake = plan.arn(plan.one("s3/bucket:Bucket", "lake"))
    rights = {
        (action, resource.removeprefix(f"{lake}/"))
        for statement in plan.policy_of(plan.role(function.inputs["role"]))
        for action in statement["Action"]
        for resource in statement["Resource"]
        if action.startswith("s3:")
    }

    assert rights == {
        ("s3:PutObject", "payloads/negociacao/*"),
        ("s3:PutObject", "quarantine/negociacao/*"),
        ("s3:PutObject", "raw/negociacao/*"),
        ("s3:GetObject", "raw/negociacao/*"),
        ("s3:PutObject", "lotes/negociacao/*"),
        ("s3:GetObject", "lotes/negociacao/*"),
        ("s3:ListBucket", lake),
    }


@pytest.mark.parametrize("actions", [["*"], ["s3:*"], []])
def test_a_statement_without_named_actions_cannot_be_written(actions: list[str]) -> None:
    with pytest.raises(ValueError, match="statement Everything: name each action"):
        Statement(sid="Everything", actions=actions, resources=["arn:aws:s3:::x"])


def test_a_statement_about_nothing_cannot_be_written() -> None:
    nothing: Any = None
    for resources in ([], [nothing]):
        with pytest.raises(ValueError, match="statement Read: name each resource"):
            Statement(sid="Read", actions=["s3:GetObject"], resources=resources)


@pytest.mark.parametrize("hole", ["resource", "condition"])
def test_a_policy_with_a_hole_fails_the_deployment(monkeypatch: pytest.MonkeyPatch, hole: str) -> None:
    def holed(statements: list[Statement]) -> pulumi.Output[str]:
        nothing = pulumi.Output.from_input(None)
        conditions = {"StringEquals": {"aws:SourceAccount": nothing}} if hole == "condition" else {}
        resources: list[Any] = [nothing] if hole == "resource" else ["arn:aws:s3:::lake/raw/*"]
        given = Statement(sid="Holed", actions=["s3:GetObject"], resources=resources, conditions=conditions)
        return document([given, *statements])

    monkeypatch.setattr("components.role.document", holed)

    with pytest.raises(DeploymentFailed, match=r"statement Holed: .* is nothing"):
        planned(load_configuration("dev"))
