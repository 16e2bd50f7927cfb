"""The rebalancing: its rights, its schedule, and the table on raw."""

from __future__ import annotations

import json
import re
from datetime import date

import pytest

from bovespa.local.configuration import load_configuration
from bovespa.local.deployment import preview
from bovespa.local.errors import DeploymentFailed
from lake.tables.carteira_teorica import RAW, day_key
from tests.stack.plan import Plan

FUNCTION = "lambda/function:Function"


def test_it_may_write_its_own_folders_and_nothing_else(plan: Plan) -> None:
    function = plan.one(FUNCTION, "rebalancing").inputs
    lake = plan.arn(plan.one("s3/bucket:Bucket", "lake"))
    granted = {
        (action, resource)
        for statement in plan.policy_of(plan.role(function["role"]))
        for action in statement["Action"]
        for resource in statement["Resource"]
        if action.startswith(("s3:", "glue:"))
    }

    assert granted == {
        ("s3:PutObject", f"{lake}/payloads/carteira_teorica/*"),
        ("s3:PutObject", f"{lake}/quarantine/carteira_teorica/*"),
        ("s3:GetObject", f"{lake}/raw/carteira_teorica/*"),
        ("s3:PutObject", f"{lake}/raw/carteira_teorica/*"),
        ("s3:ListBucket", lake),
    }
    (listing,) = [s for s in plan.policy_of(plan.role(function["role"])) if s["Sid"] == "ListRaw"]
    assert listing["Condition"] == {"StringLike": {"s3:prefix": "raw/carteira_teorica/*"}}


def test_it_collects_the_configured_indices_from_the_configured_host(own: Plan) -> None:
    variables = own.one(FUNCTION, "rebalancing").inputs["environment"]["variables"]

    assert (variables["INDICES"], variables["B3_URL"]) == ("IBOV,SMLL", "https://b3.example")
    assert own.exports["rebalancingFunction"] == "bovespa-dev-rebalancing"


def test_it_runs_when_configured_with_an_empty_event(own: Plan) -> None:
    schedule = own.one(":Schedule", "rebalancing-schedule").inputs

    assert schedule["scheduleExpression"] == "cron(0 21 ? * * *)"
    assert schedule["target"]["arn"] == own.arn(own.one(FUNCTION, "rebalancing"))
    assert json.loads(schedule["target"]["input"]) == {}


def test_a_wrong_schedule_is_one_line_that_names_the_key() -> None:
    with pytest.raises(DeploymentFailed, match=r"bovespa:rebalancingSchedule: expected cron\(…\) or rate"):
        preview(load_configuration("dev", {"rebalancingSchedule": "nightly"}))


def test_its_objects_start_no_job(plan: Plan) -> None:
    (notification,) = plan.of(":BucketNotification")

    for entry in notification.inputs["lambdaFunctions"]:
        assert not day_key(date(2025, 9, 1)).startswith(entry["filterPrefix"])


def test_the_table_reads_raw_by_projected_days(plan: Plan) -> None:
    table = plan.one(":CatalogTable", "rebalancing-table").inputs
    storage, parameters = table["storageDescriptor"], table["parameters"]
    bucket = plan.exports["lakeBucket"]

    assert (table["databaseName"], table["name"]) == ("default", "carteira_teorica")
    assert storage["location"] == f"s3://{bucket}/raw/carteira_teorica/"
    assert [(c["name"], c["type"]) for c in storage["columns"]] == list(RAW.types())
    assert [(key["name"], key["type"]) for key in table["partitionKeys"]] == [("dt", "string")]
    assert parameters["projection.enabled"] == "true"
    first, last = parameters["projection.dt.range"].split(",")
    assert (date.fromisoformat(first), last) == (date(2025, 1, 1), "NOW+1DAYS")
    template = parameters["storage.location.template"]
    assert f"s3://{bucket}/{day_key(date(2025, 9, 1))}".startswith(template.replace("${dt}", "2025-09-01"))
    assert re.findall(r"\$\{(\w+)\}", template) == ["dt"]
