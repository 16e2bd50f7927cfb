"""The life of the batch stack under Pulumi's own engine, each step after the one before."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bovespa.local.aws import Clients
from tests.engine.cli_project import CliProject, Run
from tests.engine.conftest import NewProject
from tests.engine.glue_front import GlueFront
from tests.engine.leftovers import leftovers

VISUAL_JOB = "pulumi-python:dynamic/glue:VisualJob"
# What keeps data or is known to others by its name: never to be made anew.
KEPT = (":Bucket", ":Queue", ":Stream", ":FirehoseDeliveryStream", ":Topic")


@pytest.fixture(scope="module")
def project(new_project: NewProject) -> CliProject:
    made = new_project("batch")
    made.pulumi("stack", "init", "dev")
    return made


@pytest.fixture(scope="module")
def studio(project: CliProject, glue: GlueFront) -> Any:
    """Glue as a person reaches it in the console."""
    return Clients({**project.environment, "AWS_ENDPOINT_URL": glue.url})["glue"]


@pytest.fixture(scope="module")
def deployed(project: CliProject) -> Run:
    return project.up()


@pytest.fixture(scope="module")
def outputs(project: CliProject, deployed: Run) -> dict[str, Any]:
    return project.outputs()


@pytest.fixture(scope="module")
def repeated(project: CliProject, deployed: Run) -> Run:
    return project.up("--expect-no-changes")


@pytest.fixture(scope="module")
def changed(project: CliProject, repeated: Run) -> Run:
    project.pulumi("config", "set", "glueTimeoutMinutes", "21")
    return project.up()


@pytest.fixture(scope="module")
def edited(project: CliProject, studio: Any, outputs: dict[str, Any], changed: Run) -> Run:
    """One node of the drawing is renamed in Glue Studio; then `pulumi refresh`."""
    name = outputs["carteiraJob"]
    job = studio.get_job(JobName=name)["Job"]
    kept = {key: job[key] for key in ("Role", "Command", "JobMode", "DefaultArguments", "GlueVersion")}
    nodes = job["CodeGenConfigurationNodes"]
    next(iter(next(iter(nodes.values())).values()))["Name"] = "Edited by hand"
    studio.update_job(JobName=name, JobUpdate={**kept, "CodeGenConfigurationNodes": nodes})
    return project.pulumi("refresh", "--yes", "--skip-preview")


@pytest.fixture(scope="module")
def restored(project: CliProject, edited: Run) -> Run:
    return project.up()


@pytest.fixture(scope="module")
def removed_by_hand(project: CliProject, studio: Any, outputs: dict[str, Any], restored: Run) -> Run:
    """A function and a job are deleted in the console; then `pulumi up --refresh`, as the runbook says."""
    Clients(project.environment)["lambda"].delete_function(FunctionName=outputs["triggerFunction"])
    studio.delete_job(JobName=outputs["negociacaoJob"])
    return project.up("--refresh")


@pytest.fixture(scope="module")
def renamed(project: CliProject, removed_by_hand: Run) -> Run:
    project.pulumi("stack", "rename", "trial")
    return project.up()


@pytest.fixture(scope="module")
def destroyed(project: CliProject, renamed: Run) -> Run:
    bucket = project.outputs()["lakeBucket"]
    Clients(project.environment)["s3"].put_object(Bucket=bucket, Key="raw/carteira/kept", Body=b"data")
    return project.pulumi("destroy", "--yes", "--skip-preview")


def test_the_first_up_makes_everything(deployed: Run, outputs: dict[str, Any], studio: Any) -> None:
    assert {step.op for step in deployed.steps} == {"create"}
    for name in ("carteiraJob", "negociacaoJob"):
        job = studio.get_job(JobName=outputs[name])["Job"]
        assert job["JobMode"] == "VISUAL"
        assert job["CodeGenConfigurationNodes"]


def test_a_second_up_changes_nothing(repeated: Run) -> None:
    assert repeated.steps == []


def test_a_change_of_the_configuration_changes_the_jobs_alone(
    changed: Run, outputs: dict[str, Any], studio: Any
) -> None:
    assert sorted((step.op, step.type) for step in changed.steps) == [("update", VISUAL_JOB)] * 2
    assert studio.get_job(JobName=outputs["carteiraJob"])["Job"]["Timeout"] == 21


def test_refresh_sees_an_edit_in_glue_studio(edited: Run) -> None:
    assert [(step.op, step.type, step.name) for step in edited.seen] == [("update", VISUAL_JOB, "carteira")]


def test_the_next_up_takes_the_edit_back(restored: Run, outputs: dict[str, Any], studio: Any) -> None:
    assert [(step.op, step.name) for step in restored.steps] == [("update", "carteira")]
    assert "Edited by hand" not in json.dumps(studio.get_job(JobName=outputs["carteiraJob"]), default=str)


def test_what_was_deleted_by_hand_is_made_again(
    removed_by_hand: Run, outputs: dict[str, Any], studio: Any
) -> None:
    made = [step for step in removed_by_hand.steps if step.op == "create"]
    assert sorted(step.type for step in made) == [
        "aws:lambda/function:Function",
        "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig",
        "aws:lambda/permission:Permission",
        VISUAL_JOB,
    ]
    assert studio.get_job(JobName=outputs["negociacaoJob"])["Job"]["CodeGenConfigurationNodes"]


def test_a_renamed_stack_keeps_what_holds_data(renamed: Run) -> None:
    lost = [step for step in renamed.steps if step.op != "update" and step.type.endswith(KEPT)]
    assert lost == []


def test_destroy_leaves_nothing(destroyed: Run, project: CliProject, outputs: dict[str, Any]) -> None:
    assert {step.op for step in destroyed.steps} <= {"delete", "discard"}
    assert project.state() == []
    assert leftovers(Clients(project.environment), [outputs["lakeBucket"], outputs["resultsBucket"]]) == []
