"""The life of the batch stack under Pulumi's own engine, each step after the one before."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bovespa.local.aws import Clients
from bovespa.local.configuration import load_configuration
from bovespa.local.deployment import preview
from tests.engine.cli_project import CliProject, Run
from tests.engine.conftest import NewProject
from tests.engine.glue_front import GlueFront
from tests.engine.inventory import inventory

VISUAL_JOB = "pulumi-python:dynamic/glue:VisualJob"
EDIT = "Edited by hand"
# What a test deletes by hand, with what goes with a function.
DELETED = (
    (VISUAL_JOB, "negociacao"),
    ("aws:lambda/function:Function", "trigger"),
    ("aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig", "trigger-retries"),
    ("aws:lambda/permission:Permission", "trigger-permission"),
)
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
    return project.up("--expect-no-changes")


@pytest.fixture(scope="module")
def changed(project: CliProject, repeated: Run) -> Run:
    project.pulumi("config", "set", "glueTimeoutMinutes", "21")
    return project.up()


@pytest.fixture(scope="module")
def refreshed(project: CliProject, studio: Any, outputs: dict[str, Any], changed: Run) -> Run:
    """A node is renamed in Glue Studio, a job and a function are deleted by hand; then `pulumi refresh`."""
    name = outputs["carteiraJob"]
    job = studio.get_job(JobName=name)["Job"]
    kept = {key: job[key] for key in ("Role", "Command", "JobMode", "DefaultArguments", "GlueVersion")}
    nodes = job["CodeGenConfigurationNodes"]
    next(iter(next(iter(nodes.values())).values()))["Name"] = EDIT
    studio.update_job(JobName=name, JobUpdate={**kept, "CodeGenConfigurationNodes": nodes})
    studio.delete_job(JobName=outputs["negociacaoJob"])
    Clients(project.environment)["lambda"].delete_function(FunctionName=outputs["triggerFunction"])
    return project.pulumi("refresh", "--yes", "--skip-preview")


@pytest.fixture(scope="module")
def restored(project: CliProject, refreshed: Run) -> Run:
    return project.up()


@pytest.fixture(scope="module")
def renamed(project: CliProject, restored: Run) -> Run:
    project.pulumi("stack", "rename", "trial")
    return project.up()


@pytest.fixture(scope="module")
def destroyed(project: CliProject, renamed: Run) -> Run:
    bucket = project.outputs()["lakeBucket"]
    Clients(project.environment)["s3"].put_object(Bucket=bucket, Key="raw/kept", Body=b"data")
    return project.pulumi("destroy", "--yes", "--skip-preview")


def test_the_first_up_makes_what_bovespa_preview_lists(
    deployed: Run, outputs: dict[str, Any], studio: Any
) -> None:
    assert {step.op for step in deployed.steps} == {"create"}
    listed = preview(load_configuration("dev")).resources
    assert sorted((step.type, step.name) for step in deployed.steps if step.custom) == sorted(
        (resource.type, resource.name) for resource in listed
    )
    for name in ("carteiraJob", "negociacaoJob"):
        job = studio.get_job(JobName=outputs[name])["Job"]
        assert job["JobMode"] == "VISUAL"
        assert job["CodeGenConfigurationNodes"]


def test_a_second_up_changes_nothing(repeated: Run) -> None:
    assert repeated.steps == []


def test_a_change_of_the_configuration_changes_the_jobs_alone(
    changed: Run, outputs: dict[str, Any], studio: Any
) -> None:
    assert {(step.op, step.type) for step in changed.steps} == {("update", VISUAL_JOB)}
    jobs = [name for output, name in outputs.items() if output.endswith("Job")]
    assert {studio.get_job(JobName=name)["Job"]["Timeout"] for name in jobs} == {21}
    assert len(changed.steps) == len(jobs)


def test_refresh_sees_what_was_edited_and_deleted_by_hand(refreshed: Run) -> None:
    assert sorted((step.op, step.type, step.name) for step in refreshed.seen) == sorted(
        [("update", VISUAL_JOB, "carteira"), *(("delete", *gone) for gone in DELETED)]
    )


def test_the_next_up_brings_it_all_back(restored: Run, outputs: dict[str, Any], studio: Any) -> None:
    assert sorted((step.op, step.type, step.name) for step in restored.steps) == sorted(
        [("update", VISUAL_JOB, "carteira"), *(("create", *gone) for gone in DELETED)]
    )
    assert EDIT not in json.dumps(studio.get_job(JobName=outputs["carteiraJob"]), default=str)
    assert studio.get_job(JobName=outputs["negociacaoJob"])["Job"]["CodeGenConfigurationNodes"]


def test_a_renamed_stack_keeps_what_holds_data(renamed: Run) -> None:
    lost = [step for step in renamed.steps if step.op != "update" and step.type.endswith(KEPT)]
    assert lost == []


def test_destroy_leaves_nothing(destroyed: Run, project: CliProject, before: set[str]) -> None:
    assert {step.op for step in destroyed.steps} == {"delete"}
    assert project.state() == []
    assert inventory(Clients(project.environment)) - before == set()
