"""`pulumi new` from the repository, under a name of one's own, and `pulumi install`: no `make`, no development tools."""

from __future__ import annotations

import json

import pytest

from bovespa.local.configuration import load_configuration
from bovespa.local.deployment import preview
from tests.engine.cli_project import CliProject
from tests.engine.conftest import NewProject

NAME = "my-lake"


@pytest.fixture(scope="module")
def project(new_project: NewProject) -> CliProject:
    made = new_project("new", {"PIP_NO_COMPILE": "1"}, template=True)
    made.pulumi("new", "../template", "--name", NAME, "--yes", "--force", "--generate-only")
    made.pulumi("stack", "init", "dev")
    return made


def test_the_stacks_files_hold_under_another_name(project: CliProject) -> None:
    told = json.loads(project.pulumi("config", "--json").output)

    held = {key.removeprefix(f"{NAME}:"): _read(entry["value"]) for key, entry in told.items()}
    del held["pulumi:tags"]  # which template it was
    assert held["forceDestroy"] is True
    declared = load_configuration("dev").values
    assert held == {key.removeprefix("bovespa:"): _read(value) for key, value in declared.items()}


def test_what_pulumi_installs_is_enough_for_a_preview(project: CliProject) -> None:
    project.pulumi("config", "set", "--path", "stream.enabled", "true")

    project.pulumi("install")

    planned = project.pulumi("preview").steps
    listed = preview(load_configuration("dev", {"stream": {"enabled": True}})).resources
    assert {step.op for step in planned} == {"create"}
    assert sorted((step.type, step.name) for step in planned if step.custom) == sorted(
        (resource.type, resource.name) for resource in listed
    )


def _read(text: str) -> object:
    """JSON where it is, as a list's spaces don't matter; else the text itself."""
    try:
        return json.loads(text)
    except ValueError:
        return text
