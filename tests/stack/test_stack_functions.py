"""Functions, their schedules and their alarms: every asynchronous edge has retries, an end and a bell."""

from __future__ import annotations

import importlib
import json
import os
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import botocore.session
import pytest

from bovespa.costs.model import Batch
from bovespa.directory_s3 import DirectoryS3
from bovespa.local.program import Registration
from functions.b3.cotahist.client import Payload
from functions.b3.cotahist.period import of_name
from functions.b3.lake import Lake
from functions.quotes.handler import read_request
from functions.quotes.store import Session, announce
from tests.stack.plan import Plan
from tests.unit.trigger.test_trigger import JOB, PATTERN

FUNCTION = "lambda/function:Function"


def test_every_function_has_a_dead_letter_queue_that_it_may_write_to(plan: Plan) -> None:
    queues = {plan.arn(queue): queue.inputs for queue in plan.of("sqs/queue:Queue")}
    functions = plan.of(FUNCTION)
    assert {"scraper", "trigger", "watch"} <= {function.name for function in functions}
    targets = set()
    for function in functions:
        target = function.inputs["deadLetterConfig"]["targetArn"]
        targets.add(target)
        assert queues[target]["sqsManagedSseEnabled"] is True
        assert queues[target]["messageRetentionSeconds"] == 14 * 24 * 3600
        assert plan.allows(plan.role(function.inputs["role"]), "sqs:SendMessage", target)
    assert len(targets) == len(functions)


def test_lambda_retries_an_event_twice_for_at_most_an_hour(plan: Plan) -> None:
    configured = {r.inputs["functionName"]: r.inputs for r in plan.of(":FunctionEventInvokeConfig")}

    assert set(configured) == {function.inputs["name"] for function in plan.of(FUNCTION)}
    for settings in configured.values():
        assert settings["maximumRetryAttempts"] == 2
        assert settings["maximumEventAgeInSeconds"] == 3600


def test_every_function_is_bounded_and_logs_where_it_may(plan: Plan) -> None:
    groups = {group.inputs["name"]: group for group in plan.of(":LogGroup")}
    for function in plan.of(FUNCTION):
        assert 0 < function.inputs["timeout"] <= 900
        assert 128 <= function.inputs["memorySize"] <= 2048
        logging = function.inputs["loggingConfig"]
        assert logging["logFormat"] == "JSON"
        group = groups[logging["logGroup"]]
        assert (group.type, group.name) in plan.depends_on(function)
        resource = f"arn:aws:logs:sa-east-1:123456789012:log-group:{logging['logGroup']}:*"
        assert plan.allows(plan.role(function.inputs["role"]), "logs:PutLogEvents", resource)


def test_logs_are_kept_as_long_as_configured(plan: Plan) -> None:
    kept = {group.inputs["retentionInDays"] for group in plan.of(":LogGroup")}

    assert kept == {7 if plan.stack == "dev" else 90}


def test_a_function_exists_only_once_its_rights_do(plan: Plan) -> None:
    for function in plan.of(FUNCTION):
        role = plan.role(function.inputs["role"])
        (policy,) = [p for p in plan.of(":RolePolicy") if p.inputs["role"] == role]
        assert (policy.type, policy.name) in plan.depends_on(function)


def test_every_handler_is_there_and_gets_the_environment_that_it_reads(plan: Plan) -> None:
    for function in plan.of(FUNCTION):
        module, _, name = function.inputs["handler"].rpartition(".")
        loaded = importlib.import_module(module)
        assert callable(getattr(loaded, name))
        source = Path(str(loaded.__file__)).read_text(encoding="utf-8")
        required = set(re.findall(r'os\.environ\["(\w+)"\]', source))
        given = {key for key, value in function.inputs["environment"]["variables"].items() if value}
        assert required <= given, function.name


@pytest.mark.parametrize("name", ["scraper", "quotes"])
def test_functions_that_need_pyarrow_have_the_regions_layer(plan: Plan, name: str) -> None:
    function = plan.one(FUNCTION, name)

    (layer,) = function.inputs["layers"]
    assert re.fullmatch(
        r"arn:aws:lambda:sa-east-1:336392948345:layer:AWSSDKPandas-Python313-Arm64:\d+", layer
    )
    assert function.inputs["runtime"] == "python3.13"
    assert function.inputs["architectures"] == ["arm64"]


# --- schedules ---


def test_every_schedule_is_in_sao_paulos_time_with_retries_and_a_dead_letter_queue(plan: Plan) -> None:
    functions = {plan.arn(function): function for function in plan.of(FUNCTION)}
    schedules = plan.of(":Schedule")
    assert len(schedules) >= 2
    for schedule in schedules:
        assert schedule.inputs["scheduleExpressionTimezone"] == "America/Sao_Paulo"
        assert re.fullmatch(r"cron\((\S+ ){5}\S+\)", schedule.inputs["scheduleExpression"])
        target: dict[str, Any] = schedule.inputs["target"]
        assert target["retryPolicy"] == {"maximumRetryAttempts": 3, "maximumEventAgeInSeconds": 3600}
        function = functions[target["arn"]]
        assert target["deadLetterConfig"]["arn"] == function.inputs["deadLetterConfig"]["targetArn"]
        role = plan.role(target["roleArn"])
        assert plan.allows(role, "lambda:InvokeFunction", target["arn"])
        assert plan.allows(role, "sqs:SendMessage", target["deadLetterConfig"]["arn"])
        assert isinstance(json.loads(target["input"]), dict)


def test_a_schedule_exists_only_once_its_rights_do(plan: Plan) -> None:
    for schedule in plan.of(":Schedule"):
        role = plan.role(schedule.inputs["target"]["roleArn"])
        (policy,) = [p for p in plan.of(":RolePolicy") if p.inputs["role"] == role]
        assert (policy.type, policy.name) in plan.depends_on(schedule)


def test_the_watch_looks_at_20_00(plan: Plan) -> None:
    watch = plan.one(":Schedule", "watch-schedule")

    assert watch.inputs["scheduleExpression"] == "cron(0 20 ? * MON-FRI *)"


def test_quotes_are_asked_for_in_the_evening_and_must_be_there_in_the_morning(plan: Plan) -> None:
    evening, morning = (plan.one(":Schedule", f"quotes-{when}").inputs for when in ("evening", "morning"))

    assert evening["scheduleExpression"] == "cron(30 22 ? * MON-FRI *)"
    assert morning["scheduleExpression"] == "cron(40 7 ? * TUE-SAT *)"
    now = datetime(2025, 7, 9, 2, 0, tzinfo=UTC)
    wanted = [read_request(json.loads(each["target"]["input"]), now=now) for each in (evening, morning)]
    assert [request.may_be_missing for request in wanted] == [True, False]
    assert evening["target"]["arn"] == morning["target"]["arn"] == plan.arn(plan.one(FUNCTION, "quotes"))


# --- the bucket's event ---


def notification(plan: Plan) -> Registration:
    (found,) = plan.of(":BucketNotification")
    return found


def test_the_notification_waits_for_the_permission_and_the_job(plan: Plan) -> None:
    before = plan.depends_on(notification(plan))

    for permission in plan.of("lambda/permission:Permission"):
        assert ((permission.type, permission.name) in before) is (
            permission.inputs["principal"] == "s3.amazonaws.com"
        )
    started = {job.name for job in plan.of(":VisualJob") if (job.type, job.name) in before}
    assert started == {"carteira", "negociacao"}  # the third follows these


@pytest.mark.parametrize(
    ("prefix", "suffix", "trigger", "export"),
    [
        ("raw/carteira/", ".parquet", "trigger", "triggerFunction"),
        ("lotes/negociacao/", ".json", "quotes-trigger", "quotesTriggerFunction"),
    ],
)
def test_only_the_lakes_arrivals_invoke_only_their_trigger(
    plan: Plan, prefix: str, suffix: str, trigger: str, export: str
) -> None:
    lake = plan.one("s3/bucket:Bucket", "lake")
    wired = [n for n in notification(plan).inputs["lambdaFunctions"] if n["filterPrefix"] == prefix]

    (entry,) = wired
    assert notification(plan).inputs["bucket"] == plan.exports["lakeBucket"]
    assert entry["lambdaFunctionArn"] == plan.arn(plan.one(FUNCTION, trigger))
    assert entry["events"] == ["s3:ObjectCreated:*"]
    assert entry["filterSuffix"] == suffix
    allowed = plan.one("lambda/permission:Permission", f"{trigger}-permission").inputs
    assert allowed["function"] == plan.exports[export]
    assert allowed["action"] == "lambda:InvokeFunction"
    assert allowed["principal"] == "s3.amazonaws.com"
    assert allowed["sourceArn"] == plan.arn(lake)
    assert allowed["sourceAccount"] == "123456789012"


def test_raw_quotes_start_nothing_by_themselves(plan: Plan) -> None:
    """A year's file has some 250 sessions: one run each would queue for hours."""
    prefixes = {entry["filterPrefix"] for entry in notification(plan).inputs["lambdaFunctions"]}

    assert prefixes == {"raw/carteira/", "lotes/negociacao/"}


def test_the_trigger_has_the_pattern_that_the_scraper_writes_and_its_job(dev: Plan) -> None:
    variables = dev.one(FUNCTION, "trigger").inputs["environment"]["variables"]

    assert (variables["KEY_PATTERN"], variables["JOB_NAME"]) == (PATTERN, JOB)


@pytest.mark.parametrize("name", ["COTAHIST_A2020", "COTAHIST_M072025", "COTAHIST_D08072025"])
def test_the_trigger_knows_the_keys_that_finished_batches_get(dev: Plan, tmp_path: Path, name: str) -> None:
    period, moment = of_name(name), datetime(2025, 9, 3, 22, tzinfo=UTC)
    lake = Lake(DirectoryS3(tmp_path), "lake")
    stored = [Session(day=period.first, key="", rows=1, changed=True)]
    payload = Payload(name=period.zip_name, url="", path=tmp_path, sha256="0" * 64)
    variables = dev.one(FUNCTION, "quotes-trigger").inputs["environment"]["variables"]
    (entry,) = [n for n in notification(dev).inputs["lambdaFunctions"] if "lotes" in n["filterPrefix"]]

    for whole in (True, False):
        key = announce(lake, payload, period, stored, captured_at=moment, whole=whole)
        assert key is not None
        assert re.fullmatch(variables["KEY_PATTERN"], key)
        assert key.startswith(entry["filterPrefix"])
        assert key.endswith(entry["filterSuffix"])
    assert not re.fullmatch(variables["KEY_PATTERN"], "lotes/negociacao/notes.json")


def test_no_notification_prefix_is_inside_another(plan: Plan) -> None:
    """S3 refuses overlapping filters for the same event."""
    prefixes = [entry["filterPrefix"] for entry in notification(plan).inputs["lambdaFunctions"]]

    for one in prefixes:
        assert [other for other in prefixes if other.startswith(one)] == [one]


# --- alarms ---


def alarms(plan: Plan) -> list[dict[str, Any]]:
    return [dict(alarm.inputs) for alarm in plan.of(":MetricAlarm")]


def test_every_function_and_every_dead_letter_queue_has_an_alarm(plan: Plan) -> None:
    watched = {(a["namespace"], a["metricName"], *a["dimensions"].values()) for a in alarms(plan)}

    for function in plan.of(FUNCTION):
        assert ("AWS/Lambda", "Errors", function.inputs["name"]) in watched
    for queue in plan.of("sqs/queue:Queue"):
        assert ("AWS/SQS", "ApproximateNumberOfMessagesVisible", queue.inputs["name"]) in watched


@pytest.mark.parametrize(
    ("metric", "emitter"),
    [("IndexMissing", "scraper"), ("SessionWithoutData", "watch"), ("SessionMissing", "quotes")],
)
def test_an_alarm_hears_the_metric_that_its_own_stacks_function_emits(
    plan: Plan, metric: str, emitter: str
) -> None:
    (alarm,) = [a for a in alarms(plan) if a["metricName"] == metric]
    function = plan.one(FUNCTION, emitter).inputs
    module = function["handler"].rpartition(".")[0]
    code = f"import {module} as m; print(m.metrics.namespace, m.metrics.service)"

    emitted = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **function["environment"]["variables"]},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )

    assert emitted.stdout.split() == [alarm["namespace"], alarm["dimensions"]["service"]]
    assert alarm["namespace"] == f"bovespa-{plan.stack}"


def test_the_costs_count_the_alarms_that_there_are(dev: Plan) -> None:
    assert len(alarms(dev)) == Batch().alarms


def test_every_alarm_rings_at_one_event_and_tells_the_topic(plan: Plan) -> None:
    topic = plan.exports["alarmTopic"]
    for alarm in alarms(plan):
        assert alarm["threshold"] == 1
        assert alarm["comparisonOperator"] == "GreaterThanOrEqualToThreshold"
        assert alarm["treatMissingData"] == "notBreaching"
        assert alarm["alarmActions"] == [topic]
        assert alarm["alarmDescription"]


def test_every_jobs_failure_reaches_the_topic(plan: Plan) -> None:
    jobs = {job.inputs["name"] for job in plan.of(":VisualJob")}
    (rule,) = (found for found in plan.of(":EventRule") if "SUCCEEDED" not in found.inputs["eventPattern"])
    pattern = json.loads(rule.inputs["eventPattern"])

    assert pattern["source"] == ["aws.glue"]
    assert set(pattern["detail"]["jobName"]) == jobs
    known = set(botocore.session.get_session().get_service_model("glue").shape_for("JobRunState").enum)
    going_on = {"STARTING", "RUNNING", "STOPPING", "WAITING"}
    assert set(pattern["detail"]["state"]) == known - going_on - {"SUCCEEDED"}
    (target,) = (found for found in plan.of(":EventTarget") if found.inputs["rule"] == rule.inputs["name"])
    assert target.inputs["arn"] == plan.exports["alarmTopic"]


def test_only_cloudwatch_and_eventbridge_may_publish_alarms(plan: Plan) -> None:
    (policy,) = plan.of(":TopicPolicy")
    statements = json.loads(policy.inputs["policy"])["Statement"]

    assert {s["Principal"]["Service"] for s in statements} == {
        "cloudwatch.amazonaws.com",
        "events.amazonaws.com",
    }
    for statement in statements:
        assert (statement["Action"], statement["Resource"]) == ("sns:Publish", plan.exports["alarmTopic"])
    # EventBridge fills in nothing that a condition of a topic could look at: it would never hold.
    conditions = {s["Principal"]["Service"]: s.get("Condition") for s in statements}
    assert conditions == {
        "cloudwatch.amazonaws.com": {"StringEquals": {"aws:SourceAccount": "123456789012"}},
        "events.amazonaws.com": None,
    }


def test_the_runbook_says_of_every_alarm_where_to_look_first(plan: Plan) -> None:
    runbook = (Path(__file__).resolve().parents[2] / "docs/runbook.md").read_text(encoding="utf-8")
    table = set(re.findall(r"^\| \[`([^`]+)`\]", runbook, re.MULTILINE))
    for alarm in plan.of(":MetricAlarm"):
        short = alarm.name.removeprefix("alarms-")
        if short.endswith("-dead-letters"):
            short = "*-dead-letters"
        assert ("bitcoin-alarms-*" if short.startswith("bitcoin-alarms-") else short) in table, alarm.name
