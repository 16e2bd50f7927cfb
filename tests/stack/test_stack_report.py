"""The daily report in the plan: what starts it, what it may do, where its pages lie and how long."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from functions.report.pages import PREFIX
from lake.saved_queries import saved_queries
from lake.tables import refined_tables
from lake.tables.carteira_teorica import RAW as CARTEIRA_TEORICA
from reports import reading
from tests.stack.plan import Plan, plan_of


def test_it_follows_the_job_of_the_indices_and_no_other(plan: Plan) -> None:
    function = plan.one("lambda/function:Function", "report")
    pattern = json.loads(plan.one(":EventRule", "report-rule").inputs["eventPattern"])
    target = plan.one(":EventTarget", "report-target").inputs
    permission = plan.one(":Permission", "report-permission").inputs

    assert pattern == {
        "source": ["aws.glue"],
        "detail-type": ["Glue Job State Change"],
        "detail": {"jobName": [plan.exports["indiceJob"]], "state": ["SUCCEEDED"]},
    }
    assert target["arn"] == plan.arn(function)
    assert target["deadLetterConfig"]["arn"] == function.inputs["deadLetterConfig"]["targetArn"]
    assert permission["function"] == plan.exports["reportFunction"]
    assert permission["sourceArn"] == plan.arn(plan.one(":EventRule", "report-rule"))


def test_its_pages_are_private_encrypted_and_end_after_a_year(plan: Plan) -> None:
    function = plan.one("lambda/function:Function", "report").inputs["environment"]["variables"]
    assert function["REPORTS_BUCKET"] == plan.exports["resultsBucket"]
    lifecycle = plan.one(":BucketLifecycleConfiguration", "lake-results-lifecycle").inputs["rules"]
    (rule,) = [rule for rule in lifecycle if rule["filter"].get("prefix") == PREFIX]
    assert (rule["status"], rule["expiration"]["days"]) == ("Enabled", 365)
    block = plan.one(":BucketPublicAccessBlock", "lake-results-private").inputs
    assert all(value for key, value in block.items() if key != "bucket")
    encryption = plan.one(":BucketServerSideEncryptionConfiguration", "lake-results-encryption").inputs
    assert encryption["bucket"] == plan.exports["resultsBucket"]


def test_it_may_read_what_the_reports_queries_ask_and_write_pages_and_results_only(plan: Plan) -> None:
    lake, results = (plan.arn(plan.one("s3/bucket:Bucket", name)) for name in ("lake", "lake-results"))
    rights = {
        (action, resource)
        for statement in plan.rights("report")
        for action in statement["Action"]
        for resource in statement["Resource"]
    }
    words = set(re.findall(r'"(\w+)"', Path(reading.__file__).read_text(encoding="utf-8")))
    asked = [query for query in saved_queries() if query.name in words]
    assert len(asked) > 10
    named = {table for query in asked for table in re.findall(r"(?:FROM|JOIN)\s+(\w+)", query.sql)}
    tables = {t.name: t for t in (*refined_tables(), CARTEIRA_TEORICA)}

    read = {tables[name].prefix for name in named & set(tables)}
    assert {r for a, r in rights if a == "s3:GetObject" and r.startswith(lake)} == {
        f"{lake}/{prefix}*" for prefix in read
    }
    catalogued = {r.split(":table/")[1] for a, r in rights if a == "glue:GetTable" and ":table/" in r}
    assert catalogued == {f"default/{name}" for name in named & set(tables)}
    writes = {(a, r) for a, r in rights if a.startswith(("s3:Put", "s3:Delete")) or a == "sns:Publish"}
    assert writes == {
        ("s3:PutObject", f"{results}/{PREFIX}*"),
        ("s3:PutObject", f"{results}/athena/*"),
        ("sns:Publish", plan.exports["reportTopic"]),
    }
    (workgroup,) = {r for a, r in rights if a.startswith("athena:")}
    assert workgroup.endswith(f":workgroup/{plan.exports['workgroup']}")


def test_a_database_of_the_stacks_own_is_the_one_that_it_reads(own: Plan) -> None:
    variables = own.one("lambda/function:Function", "report").inputs["environment"]["variables"]
    assert (variables["DATABASE"], variables["INDICES"], variables["STACK"]) == (
        "bovespa_dev",
        "IBOV,SMLL",
        "dev",
    )
    (schema,) = [s for s in own.rights("report") if s["Sid"] == "ReadSchema"]
    assert not [resource for resource in schema["Resource"] if "/default" in resource]


@pytest.mark.parametrize("stack", ["lab"])
def test_a_role_of_the_accounts_own_is_taken(stack: str) -> None:
    made = plan_of(stack)

    assert made.one("lambda/function:Function", "report").inputs["role"].endswith(":role/LabRole")
    assert not made.of(":TopicSubscription")
