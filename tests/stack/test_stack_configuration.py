"""Configuration and exports, and what a deployment says when it can't be."""

from __future__ import annotations

from typing import Any

import pytest

from bovespa.local.configuration import PROJECT, load_configuration
from bovespa.local.deployment import deploy, preview
from bovespa.local.emulator import Emulator
from bovespa.local.errors import DeploymentFailed, LocalError
from bovespa.local.program import Answer, Registration
from bovespa.local.provision import PROVISIONS
from tests.stack.plan import Plan, plan_of

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
}


def test_everything_that_a_user_needs_is_exported(plan: Plan) -> None:
    made = {r.inputs.get("bucket") for r in plan.resources} | {r.inputs.get("name") for r in plan.resources}

    assert set(plan.exports) >= EXPORTS
    assert plan.exports["region"] == "sa-east-1"
    for name in EXPORTS - {"region", "database", "alarmTopic"}:
        assert plan.exports[name] in made, name


def test_every_name_says_its_stack(plan: Plan) -> None:
    for resource in plan.resources:
        name = resource.inputs.get("name")
        if resource.type.endswith((":EventRule", ":Role", ":Schedule")):  # 64 characters are too few for the stack's name
            assert str(name).startswith("bovespa-")
        elif name and not resource.type.endswith((":CatalogDatabase", ":CatalogTable", ":NamedQuery")):
            assert f"bovespa-{plan.stack}" in name, resource.name


def test_names_do_not_collide(plan: Plan) -> None:
    names = [(r.type, r.inputs["name"]) for r in plan.resources if "name" in r.inputs]

    assert len(set(names)) == len(names)


def test_the_indices_reach_the_scraper() -> None:
    plan = plan_of("dev", indices=["IBOV", "SMLL"])
    (scraper,) = [r for r in plan.of("lambda/function:Function") if r.name == "scraper"]

    assert scraper.inputs["environment"]["variables"]["INDICES"] == "IBOV,SMLL"


def test_an_address_for_alarms_is_subscribed(dev: Plan) -> None:
    assert dev.of(":TopicSubscription") == []

    (subscription,) = plan_of("dev", alarmEmail="ops@example.com").of(":TopicSubscription")

    assert (subscription.inputs["protocol"], subscription.inputs["endpoint"]) == ("email", "ops@example.com")


def test_a_layer_of_ones_own_is_used() -> None:
    arn = "arn:aws:lambda:us-gov-west-1:111122223333:layer:AWSSDKPandas-Python313-Arm64:1"

    plan = plan_of("dev", **{"aws:region": "us-gov-west-1", "pandasLayerArn": arn})

    (scraper,) = [r for r in plan.of("lambda/function:Function") if r.name == "scraper"]
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
        ({"alarmEmail": "nobody"}, "bovespa:alarmEmail: expected an address, or empty"),
        ({"logRetentionDays": 8}, "bovespa:logRetentionDays: expected one of 1, 3, 5, 7"),
        ({"glueWorkers": 1}, "bovespa:glueWorkers: expected 2 to 100"),
        ({"glueWorkerType": "Z.2X"}, r"bovespa:glueWorkerType: expected one of G\.1X"),
        ({"glueTimeoutMinutes": 2880}, "bovespa:glueTimeoutMinutes: expected 1 to 480"),
        ({"athenaScanLimitMb": 9}, "bovespa:athenaScanLimitMb: expected at least 10"),
        ({"aws:region": "us-gov-west-1"}, "pandasLayerArn: expected the ARN of AWSSDKPandas-Python313-Arm64"),
        ({"forceDestroy": "maybe"}, "forceDestroy"),
    ],
    ids=str,
)
def test_a_wrong_setting_is_one_line_that_names_the_key(overrides: dict[str, Any], reason: str) -> None:
    with pytest.raises(DeploymentFailed, match=reason) as failure:
        preview(load_configuration("dev", overrides))

    assert "\n" not in str(failure.value).strip()
    assert len(str(failure.value)) < 250


def test_an_unknown_stack_is_answered_with_those_there_are() -> None:
    with pytest.raises(
        LocalError, match=r"no stack named 'test': there is no Pulumi\.test\.yaml .*dev, prod"
    ):
        load_configuration("test")


def test_the_embedded_stack_needs_no_file_of_its_own() -> None:
    configuration = load_configuration("local", {"indices": ["IFIX"]})

    assert not (PROJECT / "Pulumi.local.yaml").exists()
    assert configuration.values["bovespa:indices"] == '["IFIX"]'
    assert configuration.region == "sa-east-1"


def test_a_stack_can_be_previewed_again_and_again() -> None:
    one, other = plan_of("dev"), plan_of("dev")

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
