"""Least privilege: who may do what, and who may become whom."""

from __future__ import annotations

import json

import pytest

from components.policy import Statement
from tests.stack.plan import Plan


def test_every_statement_names_its_actions_and_resources(plan: Plan) -> None:
    policies = plan.of(":RolePolicy")
    assert policies
    for policy in policies:
        statements = json.loads(policy.inputs["policy"])["Statement"]
        assert len({statement["Sid"] for statement in statements}) == len(statements), policy.name
        for statement in statements:
            where = f"{policy.name}/{statement['Sid']}"
            assert statement["Effect"] == "Allow", where
            assert not [action for action in statement["Action"] if "*" in action], where
            for resource in statement["Resource"]:
                assert resource.startswith(("arn:aws:", "<arn of ")), f"{where}: {resource}"
                assert not resource.startswith("arn:aws:*"), where


def test_a_buckets_objects_are_always_named_by_a_prefix(plan: Plan) -> None:
    buckets = {plan.arn(bucket) for bucket in plan.of("s3/bucket:Bucket")}
    jobs = {f"{job.name}-policy" for job in plan.of(":VisualJob")}
    for policy in plan.of(":RolePolicy"):
        for statement in json.loads(policy.inputs["policy"])["Statement"]:
            assert not {f"{arn}/*" for arn in buckets} & set(statement["Resource"]), policy.name
            # Spark asks for folders without their slash, so a job lists the whole lake (visual_job.py).
            if "s3:ListBucket" in statement["Action"] and policy.name not in jobs:
                assert statement["Condition"]["StringLike"]["s3:prefix"], policy.name


def test_every_role_has_one_policy_and_is_used(plan: Plan) -> None:
    users = json.dumps(
        [r.inputs for r in plan.resources if not r.type.endswith((":Role", ":RolePolicy"))], default=str
    )
    for role in plan.of(":Role"):
        assert len([p for p in plan.of(":RolePolicy") if p.inputs["role"] == role.inputs["name"]]) == 1
        assert plan.arn(role) in users, role.name


def test_every_role_trusts_one_service_of_this_account(plan: Plan) -> None:
    for role in plan.of(":Role"):
        (trust,) = json.loads(role.inputs["assumeRolePolicy"])["Statement"]
        assert trust["Effect"] == "Allow"
        assert trust["Action"] == "sts:AssumeRole"
        assert list(trust["Principal"]) == ["Service"]
        assert trust["Principal"]["Service"] in {
            "lambda.amazonaws.com",
            "glue.amazonaws.com",
            "scheduler.amazonaws.com",
            "ecs-tasks.amazonaws.com",
            "firehose.amazonaws.com",
        }, role.name
        assert trust["Condition"] == {"StringEquals": {"aws:SourceAccount": "123456789012"}}, role.name


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
    lake = plan.arn(plan.one("s3/bucket:Bucket", f"bovespa-{plan.stack}-lake"))
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
