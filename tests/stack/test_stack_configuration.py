"""Configuration and exports, and what a deployment says when it can't be."""

from __future__ import annotations

import asyncio
import contextvars
import json
from typing import Any

import pulumi
import pytest
from pulumi.runtime import mocks, set_all_config, settings

from bovespa.local.configuration import PROJECT, load_configuration
from bovespa.local.deployment import deploy, preview
from bovespa.local.emulator import Emulator
from bovespa.local.errors import DeploymentFailed, LocalError
from bovespa.local.program import Answer, Registration
from bovespa.local.provision import PROVISIONS
from components.schedule_expression import is_schedule
from components.settings import load_settings
from tests.stack.plan import Plan, plan_of, planned

EXPORTS = {
    "region",
    "lakeBucket",
    "resultsBucket",
    "scraperFunction",
    "triggerFunction",
    "watchFunction",
    "carteiraJob",
    "database",
    "workgroup",
    "alarmTopic",
    "reportFunction",
    "reportTopic",
}


def test_everything_that_a_user_needs_is_exported(plan: Plan) -> None:
    made = {r.inputs.get("bucket") for r in plan.resources} | {r.inputs.get("name") for r in plan.resources}

    assert set(plan.exports) >= EXPORTS
    assert plan.exports["region"] == "sa-east-1"
    for name in EXPORTS - {"region", "database", "alarmTopic", "reportTopic"}:
        assert plan.exports[name] in made, name


def test_every_name_says_its_stack(plan: Plan) -> None:
    for resource in plan.resources:
        name = resource.inputs.get("name") or ""
        if resource.type.endswith(
            (":EventRule", ":Role", ":Schedule")
        ):  # 64 characters are too few for the stack's name
            assert name.startswith("bovespa-")
        elif name and not resource.type.endswith((":CatalogDatabase", ":CatalogTable", ":NamedQuery")):
            assert f"bovespa-{plan.stack}" in name, resource.name


def test_names_do_not_collide(plan: Plan) -> None:
    names = [(r.type, r.inputs["name"]) for r in plan.resources if "name" in r.inputs]

    assert len(set(names)) == len(names)


def test_the_indices_reach_the_scraper(own: Plan) -> None:
    (scraper,) = [r for r in own.of("lambda/function:Function") if r.name == "scraper"]

    assert scraper.inputs["environment"]["variables"]["INDICES"] == "IBOV,SMLL"


def test_addresses_for_alarms_and_for_reports_are_subscribed_each_to_its_own_topic(
    dev: Plan, own: Plan
) -> None:
    subscribed = {
        subscription.inputs["topic"]: (subscription.inputs["protocol"], subscription.inputs["endpoint"])
        for subscription in own.of(":TopicSubscription")
    }

    assert len(own.of(":TopicSubscription")) == 2
    assert subscribed == {
        own.exports["alarmTopic"]: ("email", "ops@example.com"),
        own.exports["reportTopic"]: ("email", "reader@example.com"),
    }
    assert dev.of(":TopicSubscription") == []
    assert dev.exports["reportTopic"]  # for whoever wants to subscribe something else


def test_a_layer_of_ones_own_is_used() -> None:
    arn = "arn:aws-us-gov:lambda:us-gov-west-1:111122223333:layer:AWSSDKPandas-Python313-Arm64:1"

    made = plan_of("dev", **{"aws:region": "us-gov-west-1", "pandasLayerArn": arn})

    (scraper,) = [r for r in made.of("lambda/function:Function") if r.name == "scraper"]
    assert scraper.inputs["layers"] == [arn]


@pytest.mark.parametrize(
    ("overrides", "reason"),
    [
        ({"indices": []}, "bovespa:indices: expected B3 index codes such as IBOV, not none"),
        ({"indices": ["ibov"]}, r"bovespa:indices: expected B3 index codes such as IBOV, not \['ibov'\]"),
        ({"indices": ["IBOV", "IBOV"]}, "bovespa:indices: expected each index once"),
        (
            {"scrapeSchedule": "daily"},
            r"bovespa:scrapeSchedule: expected cron\(…\) or rate\(…\), not 'daily'",
        ),
        ({"watchSchedule": "20:00"}, "bovespa:watchSchedule: expected cron"),
        ({"b3Url": "http://example.com"}, "bovespa:b3Url: expected an https:// address"),
        ({"reportEmail": "nobody"}, "bovespa:reportEmail: expected an address, or empty"),
        ({"alarmEmail": "nobody"}, "bovespa:alarmEmail: expected an address, or empty"),
        ({"logRetentionDays": 8}, "bovespa:logRetentionDays: expected one of 1, 3, 5, 7"),
        ({"glueWorkers": 1}, "bovespa:glueWorkers: expected 2 to 100"),
        ({"glueWorkerType": "Z.2X"}, r"bovespa:glueWorkerType: expected one of G\.1X"),
        ({"glueTimeoutMinutes": 2880}, "bovespa:glueTimeoutMinutes: expected 1 to 480"),
        ({"athenaScanLimitMb": 9}, "bovespa:athenaScanLimitMb: expected at least 10"),
        (
            {"aws:region": "us-gov-west-1"},
            "bovespa:pandasLayerArn: expected the ARN of AWSSDKPandas-Python313-Arm64",
        ),
        (
            {"pandasLayerArn": "latest"},
            "bovespa:pandasLayerArn: expected the ARN of a layer's version in sa-east-1",
        ),
        (
            {"pandasLayerArn": "arn:aws:lambda:us-east-1:336392948345:layer:AWSSDKPandas-Python313-Arm64:5"},
            "bovespa:pandasLayerArn: expected the ARN of a layer's version in sa-east-1",
        ),
        ({"forceDestroy": "maybe"}, "bovespa:forceDestroy: expected true or false"),
        ({"indices": {"IBOV": True}}, "bovespa:indices: expected a list of index codes"),
        ({"indices": [1]}, "bovespa:indices: expected a list of index codes"),
        ({"indices": "IBOV"}, "bovespa:indices: expected a list of index codes"),
        ({"glueVersion": "latest"}, r"bovespa:glueVersion: expected a version such as 5\.1"),
        ({"watchSchedule": "cron(0 20 * * MON-FRI *)"}, "bovespa:watchSchedule: expected cron"),
        (
            {"stream": {"enabled": True, "compactionSchedule": "cron(1)"}},
            r"bovespa:stream\.compactionSchedule",
        ),
        ({"aws:defaultTags": "team"}, "aws:defaultTags: expected an object such as"),
        ({"aws:defaultTags": {"tags": ["team"]}}, "aws:defaultTags: expected an object such as"),
        ({"aws:defaultTags": {"tags": {"team": ["a"]}}}, "aws:defaultTags: expected as the value of team"),
        ({"aws:defaultTags": {"tags": {"team": "a;b"}}}, "aws:defaultTags: expected as the value of team"),
        ({"aws:defaultTags": {"tags": {"aws:x": "a"}}}, "aws:defaultTags: expected keys of 1 to 128"),
        (
            {"aws:defaultTags": {"tags": {f"t{n}": "" for n in range(51)}}},
            "aws:defaultTags: expected at most 50",
        ),
    ],
    ids=lambda value: str(value)[:60],
)
def test_a_wrong_setting_is_one_line_that_names_the_key_before_anything_is_registered(
    overrides: dict[str, Any], reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    registered: list[str] = []
    register: Any = mocks.MockMonitor.RegisterResource

    def recording(monitor: mocks.MockMonitor, request: Any) -> Any:
        registered.append(request.type)
        return register(monitor, request)

    monkeypatch.setattr(mocks.MockMonitor, "RegisterResource", recording)
    with pytest.raises(DeploymentFailed, match=f"^{reason}") as failure:
        preview(load_configuration("dev", overrides))

    assert "\n" not in str(failure.value).strip()
    assert len(str(failure.value)) < 250
    assert isinstance(failure.value.__cause__, pulumi.RunError)  # what Pulumi's CLI shows without a traceback
    assert registered == ["pulumi:pulumi:Stack"]


def test_the_jobs_tags_are_text_as_the_aws_provider_makes_it() -> None:
    given = {"int": 1234, "half": 1.5, "whole": 2.0, "yes": True, "accent": "café", "empty": "", "none": None}
    made = plan_of("dev", **{"aws:defaultTags": {"tags": given}})

    tags = json.loads(made.one(":VisualJob", "carteira").inputs["definition"])["Tags"]

    text = {"int": "1234", "half": "1.5", "whole": "2", "yes": "true", "accent": "café", "empty": ""}
    assert tags == {"project": "bovespa", "stack": "dev", **text}


@pytest.mark.parametrize("key", ["alarmEmail", "b3Url", "cotahistUrl"])
def test_an_address_that_the_configuration_keeps_encrypted_stays_a_secret(key: str) -> None:
    values = {**load_configuration("dev").values, "bovespa:alarmEmail": "ops@example.com"}

    async def secrets() -> dict[str, bool]:
        settings.reset_options(project="bovespa", stack="dev")
        set_all_config(dict(values), [f"bovespa:{key}"])
        loaded = load_settings("sa-east-1")
        found = {"alarmEmail": loaded.alarm_email, "b3Url": loaded.b3_url, "cotahistUrl": loaded.cotahist_url}
        return {
            name: isinstance(value, pulumi.Output) and await value.is_secret()
            for name, value in found.items()
        }

    found = contextvars.copy_context().run(asyncio.run, secrets())

    assert found == {name: name == key for name in ("alarmEmail", "b3Url", "cotahistUrl")}


@pytest.mark.parametrize(
    ("expression", "taken"),
    [
        ("cron(15 10,19 ? * MON-FRI *)", True),
        ("cron(0/10 * L * ? 2026-2030)", True),
        ("cron(0 8 ? JAN,MAR 2#1 *)", True),
        ("rate(1 hour)", True),
        ("rate(0 hours)", False),
        ("rate(5 weeks)", False),
        ("cron(60 10 ? * MON *)", False),
        ("cron(0 10 ? * MON)", False),
        ("cron(0 10 1 * MON *)", False),
        ("cron(0 10 ? * ? *)", False),
        ("cron(0 10 ? * DAY *)", False),
        ("cron(0 10 ? * 0 *)", False),
        ("cron(0 10 ? * MON-FRI-SUN *)", False),
        ("cron(0/0 10 ? * MON *)", False),
        ("at(2026-01-01T00:00:00)", False),
    ],
)
def test_schedules_are_read_as_scheduler_reads_them(expression: str, taken: bool) -> None:
    assert is_schedule(expression) is taken


def test_an_unknown_stack_is_answered_with_those_there_are() -> None:
    with pytest.raises(
        LocalError, match=r"no stack named 'test': there is no Pulumi\.test\.yaml .*dev, lab, prod"
    ):
        load_configuration("test")


def test_the_embedded_stack_needs_no_file_of_its_own() -> None:
    configuration = load_configuration("local", {"indices": ["IFIX"]})

    assert not (PROJECT / "Pulumi.local.yaml").exists()
    assert configuration.values["bovespa:indices"] == '["IFIX"]'
    assert configuration.region == "sa-east-1"


def test_a_stack_can_be_previewed_again_and_again(dev: Plan) -> None:
    one, other = dev, planned(load_configuration("dev"))

    assert {r.name for r in one.resources} == {r.name for r in other.resources}
    assert one.exports == other.exports


def test_an_unknown_resource_type_is_an_error_that_names_it(
    running_emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bovespa.local.deployment.PROVISIONS", {})

    with pytest.raises(
        DeploymentFailed, match=r"no provision for aws:\w+/\w+:\w+: add one to bovespa/local/provision"
    ):
        deploy(running_emulator, load_configuration("local"))


def test_every_type_of_the_program_can_be_made_on_this_machine(plan: Plan) -> None:
    assert {resource.type for resource in plan.resources} <= set(PROVISIONS)


def test_after_a_failure_nothing_more_is_made_and_the_resource_is_named(
    running_emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []

    def provision(_aws: object, wanted: Registration) -> Answer:
        if wanted.name == "trigger-role":
            raise PermissionError("no more roles today")
        made.append(wanted.name)
        return Answer(id=wanted.name, outputs={"arn": f"arn:{wanted.name}", "bucket": wanted.name})

    monkeypatch.setattr("bovespa.local.deployment.PROVISIONS", dict.fromkeys(PROVISIONS, provision))
    seen: list[str] = []

    with pytest.raises(DeploymentFailed) as failure:
        deploy(running_emulator, load_configuration("local"), progress=lambda r: seen.append(r.name))

    assert str(failure.value) == "aws:iam/role:Role trigger-role: PermissionError: no more roles today"
    assert seen == made
    assert "trigger" not in made
    assert "trigger-policy" not in made
    assert "trigger-notification" not in made
