"""The life of a stack with the Bitcoin stream under Pulumi's own engine, each step after the one before."""

from __future__ import annotations

from typing import Any

import pytest

from bovespa.local.aws import Clients
from bovespa.local.configuration import load_configuration
from bovespa.local.deployment import preview
from tests.engine.cli_project import CliProject, Run
from tests.engine.conftest import NewProject
from tests.engine.inventory import inventory


@pytest.fixture(scope="module")
def project(new_project: NewProject) -> CliProject:
    made = new_project("stream")
    made.pulumi("stack", "init", "dev")
    made.pulumi("config", "set", "--path", "stream.enabled", "true")
    return made


@pytest.fixture(scope="module")
def before(project: CliProject) -> set[str]:
    return inventory(Clients(project.environment))


@pytest.fixture(scope="module")
def deployed(project: CliProject, before: set[str]) -> Run:
    return project.up()


@pytest.fixture(scope="module")
def outputs(project: CliProject, deployed: Run) -> dict[str, Any]:
    return project.outputs()


@pytest.fixture(scope="module")
def repeated(project: CliProject, deployed: Run) -> Run:
    return project.up("--refresh", "--expect-no-changes")


@pytest.fixture(scope="module")
def changed(project: CliProject, repeated: Run) -> Run:
    project.pulumi("config", "set", "--path", "stream.memory", "1024")
    return project.up()


@pytest.fixture(scope="module")
def switched_off(project: CliProject, outputs: dict[str, Any], changed: Run) -> Run:
    Clients(project.environment)["s3"].put_object(
        Bucket=outputs["tradesBucket"], Key="bitcoin/trades/dt=2026-01-01/some.parquet", Body=b"data"
    )
    project.pulumi("config", "set", "--path", "stream.enabled", "false")
    return project.up()


@pytest.fixture(scope="module")
def destroyed(project: CliProject, switched_off: Run) -> Run:
    return project.pulumi("destroy", "--yes", "--skip-preview")


def test_the_first_up_makes_what_bovespa_preview_lists(deployed: Run) -> None:
    assert {step.op for step in deployed.steps} == {"create"}
    listed = preview(load_configuration("dev", {"stream": {"enabled": True}})).resources
    assert sorted((step.type, step.name) for step in deployed.steps if step.custom) == sorted(
        (resource.type, resource.name) for resource in listed
    )


def test_a_second_up_changes_nothing_even_after_a_refresh(repeated: Run) -> None:
    assert repeated.steps == []


def test_more_memory_is_another_task_of_the_same_service(changed: Run) -> None:
    assert {(step.op, step.type) for step in changed.steps if step.op != "delete-replaced"} == {
        ("create-replacement", "aws:ecs/taskDefinition:TaskDefinition"),
        ("replace", "aws:ecs/taskDefinition:TaskDefinition"),
        ("update", "aws:ecs/service:Service"),
    }


def test_switching_the_stream_off_takes_it_away_and_nothing_else(
    switched_off: Run, deployed: Run, project: CliProject, outputs: dict[str, Any]
) -> None:
    without = preview(load_configuration("dev")).resources
    stream = {(step.type, step.name) for step in deployed.steps if step.custom}
    stream -= {(resource.type, resource.name) for resource in without}
    gone = [step for step in switched_off.steps if step.custom]
    assert {step.op for step in gone} == {"delete"}
    assert {(step.type, step.name) for step in gone} == stream
    assert f"s3 {outputs['tradesBucket']}" not in inventory(Clients(project.environment))


def test_destroy_leaves_nothing(destroyed: Run, project: CliProject, before: set[str]) -> None:
    assert {step.op for step in destroyed.steps} == {"delete"}
    assert project.state() == []
    assert inventory(Clients(project.environment)) - before == set()
